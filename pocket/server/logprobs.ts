/** The engine's log-probabilities in the two formats of OpenAI's API. */
import type { Generation, TokenLogprob } from "../engine/index.ts";
import type { Prompt } from "./prompts.ts";
import type { ChatLogprobs, TextLogprobs, TopLogprob } from "./responses.ts";
import type { TokenTexts } from "./token-texts.ts";

/** OpenAI's value for an impossible token, because JSON has no −∞. */
const IMPOSSIBLE = -9999;

export const chatLogprobs = (generation: Generation, texts: TokenTexts): ChatLogprobs | null => {
  if (!generation.logprobs) return null;
  const content = generation.logprobs.slice(0, generation.tokens.length).map((entry) => ({
    ...spelled(entry, texts),
    top_logprobs: entry.top.map((alternative) => spelled(alternative, texts)),
  }));
  return { content, refusal: null };
};

/** With `echoed`, the prompt's tokens come first. */
export const textLogprobs = (
  generation: Generation,
  texts: TokenTexts,
  echoed: Prompt | undefined,
): TextLogprobs | null => {
  if (!generation.logprobs) return null;
  const promptTokens = echoed?.tokens ?? [];
  const tokens = [...promptTokens, ...generation.tokens];
  const promptScores = promptTokens.map((_, position) => generation.promptLogprobs?.[position]);
  const scores = [...promptScores, ...generation.logprobs];
  return {
    tokens: tokens.map((token) => texts.of(token).text),
    token_logprobs: tokens.map((_, position) => finiteLogprob(scores[position])),
    top_logprobs: tokens.map((_, position) => alternatives(scores[position], texts)),
    text_offset: offsets(tokens, texts),
  };
};

const spelled = (entry: { token: number; logprob: number }, texts: TokenTexts): TopLogprob => {
  const { text, bytes } = texts.of(entry.token);
  return { token: text, logprob: finite(entry.logprob), bytes };
};

const finite = (logprob: number): number => Math.max(logprob, IMPOSSIBLE);

const finiteLogprob = (entry: TokenLogprob | undefined): number | null =>
  entry ? finite(entry.logprob) : null;

/** Always includes the sampled token. */
const alternatives = (entry: TokenLogprob | undefined, texts: TokenTexts): Record<string, number> | null => {
  if (!entry) return null;
  const pairs = [...entry.top, entry].map(({ token, logprob }) => [texts.of(token).text, finite(logprob)]);
  return Object.fromEntries(pairs);
};

const offsets = (tokens: readonly number[], texts: TokenTexts): number[] => {
  let offset = 0;
  return tokens.map((token) => {
    const start = offset;
    offset += texts.lengthOf(token);
    return start;
  });
};
