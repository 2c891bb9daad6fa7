/** A probe as a chat completion, and what comes back. */
import { z } from "zod";
import type { Probe } from "./model.ts";

/** Enough to see that weights differ [tokens]. */
export const PROBE_TOKENS = 16;

export const probeBody = (prompt: string, served: string, logprobs: boolean) => ({
  model: served,
  messages: [{ role: "user" as const, content: prompt }],
  temperature: 0,
  max_tokens: PROBE_TOKENS,
  ...(logprobs ? { logprobs: true } : {}),
});

const probeSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string() }),
        logprobs: z.object({ content: z.array(z.object({ logprob: z.number() })).nullish() }).nullish(),
      }),
    )
    .min(1),
});

/** @throws z.ZodError naming the field that is missing or wrong. */
export const probeOf = (answer: unknown): Probe => {
  const [choice] = probeSchema.parse(answer).choices;
  const logprobs = choice?.logprobs?.content?.map(({ logprob }) => logprob);
  return { text: choice?.message.content ?? "", logprobs };
};
