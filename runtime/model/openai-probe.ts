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
        /** What is cut off while the model thinks has no content yet. */
        message: z.object({
          content: z.string().nullish(),
          reasoning_content: z.string().nullish(),
          reasoning: z.string().nullish(),
        }),
        logprobs: z.object({ content: z.array(z.object({ logprob: z.number() })).nullish() }).nullish(),
      }),
    )
    .min(1),
});

/** @throws z.ZodError naming the field that is missing or wrong. */
export const probeOf = (answer: unknown): Probe => {
  const [choice] = probeSchema.parse(answer).choices;
  const logprobs = choice?.logprobs?.content?.map(({ logprob }) => logprob);
  const { content, reasoning_content, reasoning } = choice?.message ?? {};
  return { text: content ?? reasoning_content ?? reasoning ?? "", logprobs };
};
