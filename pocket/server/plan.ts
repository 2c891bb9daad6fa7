/** Converts a checked request into the engine's requests: one per choice, with seeds `seed + i`. */
import { randomInt } from "node:crypto";
import type { GenerationRequest } from "../engine/index.ts";
import type { Target } from "./catalogue.ts";
import { RequestError } from "./errors.ts";
import type { Prompt } from "./prompts.ts";
import type { SharedRequest } from "./requests.ts";

/** Upper bound of the seed drawn for a request without one. */
const DRAWN_SEEDS = 2 ** 31;

export interface Plan {
  readonly target: Target;
  readonly prompts: readonly Prompt[];
  /** Choices per prompt. */
  readonly choices: number;
  /** `[prompts × choices]`, grouped by prompt. */
  readonly requests: readonly GenerationRequest[];
}

/** Settings whose names or defaults differ between the two kinds of completion. */
export interface Lengths {
  readonly promptField: "messages" | "prompt";
  /** The client's limit on new tokens. If undefined, `fallback` applies, limited by the context. */
  readonly maxTokens: number | undefined;
  readonly fallback: number;
  readonly logprobs: number | undefined;
  readonly scorePrompt: boolean;
}

export const planSequences = (
  target: Target,
  prompts: readonly Prompt[],
  body: SharedRequest,
  lengths: Lengths,
): Plan => {
  const choices = body.n ?? 1;
  const seed = body.seed ?? randomInt(DRAWN_SEEDS);
  const settings = {
    temperature: body.temperature ?? 1,
    topP: body.top_p ?? 1,
    stop: typeof body.stop === "string" ? [body.stop] : (body.stop ?? []),
    ...(lengths.logprobs === undefined ? {} : { logprobs: lengths.logprobs }),
    ...(lengths.scorePrompt ? { scorePrompt: true } : {}),
    ...(target.adapter === undefined ? {} : { adapter: target.adapter }),
  };
  const requests: GenerationRequest[] = [];
  for (const prompt of prompts) {
    const maxTokens = newTokens(prompt, target, lengths);
    for (let index = 0; index < choices; index += 1) {
      requests.push({ prompt: prompt.tokens, maxTokens, seed: seed + index, ...settings });
    }
  }
  return { target, prompts, choices, requests };
};

/** @throws RequestError 400 if the prompt and the new tokens exceed the context */
const newTokens = (prompt: Prompt, target: Target, lengths: Lengths): number => {
  const context = target.model.engine.contextLength;
  const room = context - prompt.tokens.length;
  const wanted = lengths.maxTokens ?? Math.max(1, Math.min(lengths.fallback, room));
  if (wanted <= room) return wanted;
  const problem =
    `The context holds ${context} tokens; the prompt has ${prompt.tokens.length} and ` +
    `the request asks for ${wanted} new ones`;
  const param = room < 1 ? lengths.promptField : "max_tokens";
  throw new RequestError(400, "context_length_exceeded", problem, param, {
    fix: "shorten the prompt or lower max_tokens",
  });
};
