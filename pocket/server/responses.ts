/** Response bodies in the format of OpenAI's API. */
import type { Generation } from "../engine/index.ts";
import type { Plan } from "./plan.ts";

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

export interface TopLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[] | null;
}

export interface ChatLogprobs {
  readonly content: readonly (TopLogprob & { readonly top_logprobs: readonly TopLogprob[] })[];
  readonly refusal: null;
}

/** Parallel arrays with one entry per token; null for a prompt's first token, which has no context. */
export interface TextLogprobs {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly (number | null)[];
  readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[];
  readonly text_offset: readonly number[];
}

export interface ChatChoice {
  readonly index: number;
  readonly message: { readonly role: "assistant"; readonly content: string; readonly refusal: null };
  readonly logprobs: ChatLogprobs | null;
  readonly finish_reason: "stop" | "length";
}

export interface ChatChunkChoice {
  readonly index: number;
  readonly delta: { readonly role?: "assistant"; readonly content?: string };
  readonly logprobs: ChatLogprobs | null;
  readonly finish_reason: "stop" | "length" | null;
}

export interface TextChoice {
  readonly index: number;
  readonly text: string;
  readonly logprobs: TextLogprobs | null;
  readonly finish_reason: "stop" | "length";
}

export interface TextChunkChoice extends Omit<TextChoice, "finish_reason"> {
  readonly finish_reason: "stop" | "length" | null;
}

/** The first fields of every body and every chunk of one answer. */
export interface Heading {
  readonly id: string;
  readonly object: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
}

export interface ModelCard {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: "agora";
  /** Folder of the checkpoint or adapter; the model's name if unknown. */
  readonly root: string;
  /** An adapter's base model. */
  readonly parent: string | null;
  readonly max_model_len: number;
}

/** A prompt counts once for all its choices; the end-of-sequence token does not count. */
export const usageOf = (plan: Plan, generations: readonly Generation[]): Usage => {
  const prompt = plan.prompts.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const completion = generations.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
};
