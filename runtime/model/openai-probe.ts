/** Sends a probe as a chat completion and reads its reply. */
import { z } from "zod";
import type { Probe } from "./model.ts";

/** Long enough to detect different weights [tokens]. */
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
        /** A reply that is cut off during thinking has no content. */
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

/** @throws z.ZodError that names the missing or wrong field. */
export const probeOf = (answer: unknown): Probe => {
  const [choice] = probeSchema.parse(answer).choices;
  const logprobs = choice?.logprobs?.content?.map(({ logprob }) => logprob);
  const { content, reasoning_content, reasoning } = choice?.message ?? {};
  return { text: content ?? reasoning_content ?? reasoning ?? "", logprobs };
};
