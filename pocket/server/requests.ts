/**
 * Schemas of the request bodies, built once.
 *
 * A setting that pocket models do not support passes only with its neutral value, and unknown settings are rejected,
 * so the server never silently ignores a setting.
 */
import { z } from "zod";

export const MAX_CHOICES = 128;
const MAX_ALTERNATIVES = 20;
const MAX_STOPS = 16;
const MAX_PROMPTS = 1024;
/** With this bound, seed + index is an exact integer. */
const SEED_BOUND = 2 ** 52;

const only = <const Value extends string | number | boolean>(...values: Value[]) => {
  const wanted = values.map((value) => JSON.stringify(value)).join(" or ");
  const error = `is not supported by pocket models; leave it out or set it to ${wanted}`;
  return z.literal(values, { error }).nullish();
};

/** Settings for the caller's account, which do not affect the answer. */
const ignored = z.unknown().optional();

const empty = { error: "is not supported by pocket models; leave it out or empty" };
const emptyList = z.array(z.never(empty), empty).nullish();
const emptyRecord = z.strictObject({}, empty).nullish();

const stopText = z.string().min(1);

const sharedFields = {
  model: z.string().min(1),
  n: z.int().min(1).max(MAX_CHOICES).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  seed: z.int().min(-SEED_BOUND).max(SEED_BOUND).nullish(),
  stop: z
    .union([stopText, z.array(stopText).max(MAX_STOPS)], {
      error: `expected a non-empty string or at most ${MAX_STOPS} of them`,
    })
    .nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: ignored })
    .nullish(),
  frequency_penalty: only(0),
  presence_penalty: only(0),
  logit_bias: emptyRecord,
  top_k: only(-1, 0),
  min_p: only(0),
  repetition_penalty: only(1),
  skip_special_tokens: only(true),
  user: ignored,
  metadata: ignored,
  safety_identifier: ignored,
  prompt_cache_key: ignored,
  prompt_cache_retention: ignored,
  service_tier: ignored,
};

const textPart = z.strictObject({ type: z.literal("text"), text: z.string() });

const message = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: z.union([z.string(), z.array(textPart)], {
    error: 'expected a string or a list of { type: "text", text } parts',
  }),
});

export const chatRequest = z.strictObject({
  ...sharedFields,
  messages: z.array(message).min(1),
  max_tokens: z.int().min(1).nullish(),
  /** Takes precedence over `max_tokens`, its older name. */
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(MAX_ALTERNATIVES).nullish(),
  response_format: z.strictObject({ type: only("text") }).nullish(),
  modalities: z.array(z.literal("text")).nullish(),
  tools: emptyList,
  tool_choice: only("none", "auto"),
  parallel_tool_calls: ignored,
  functions: emptyList,
  function_call: only("none", "auto"),
  store: only(false),
});

const token = z.int().min(0);

export const completionRequest = z.strictObject({
  ...sharedFields,
  prompt: z.union(
    [
      z.string(),
      z.array(z.string()).min(1).max(MAX_PROMPTS),
      z.array(token).min(1),
      z.array(z.array(token).min(1)).min(1).max(MAX_PROMPTS),
    ],
    { error: `expected a string, a non-empty token array, or a list of 1 to ${MAX_PROMPTS} of either` },
  ),
  /** 0 only scores the prompt. */
  max_tokens: z.int().min(0).nullish(),
  logprobs: z.int().min(0).max(MAX_ALTERNATIVES).nullish(),
  echo: z.boolean().nullish(),
  best_of: only(1),
  suffix: only(""),
});

export const loadAdapterRequest = z.strictObject({
  lora_name: z.string().min(1),
  lora_path: z.string().min(1),
  /** Needed only if several models are served and the adapter's configuration names none of them. */
  base_model_name: z.string().min(1).nullish(),
  load_inplace: only(false),
});

export const unloadAdapterRequest = z.strictObject({
  lora_name: z.string().min(1),
  lora_int_id: ignored,
});

export type ChatRequest = z.infer<typeof chatRequest>;
export type CompletionRequest = z.infer<typeof completionRequest>;
export type LoadAdapterRequest = z.infer<typeof loadAdapterRequest>;
export type UnloadAdapterRequest = z.infer<typeof unloadAdapterRequest>;
/** The common fields of both completion requests. */
export type SharedRequest = Pick<
  ChatRequest,
  "model" | "n" | "temperature" | "top_p" | "seed" | "stop" | "stream" | "stream_options"
>;
