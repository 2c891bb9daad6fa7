/** Converts between the types of the model port and the chat completions of the `openai` package. */
import { z } from "zod";
import type { ModelConfig } from "../config/config.ts";
import type { ModelCall, ModelReply, ReplySchema } from "./model.ts";
import type { Spent } from "./spent.ts";

const choiceSchema = z
  .object({
    message: z.object({
      content: z.string().nullish(),
      /** Thinking that the server separates from the text; servers name the field differently. */
      reasoning_content: z.string().nullish(),
      reasoning: z.string().nullish(),
    }),
    finish_reason: z.string().nullish(),
  })
  .refine(({ message, finish_reason }) => saysSomething(message) || finish_reason === "length", {
    path: ["message", "content"],
    error: "expected a text",
  });
export const usageSchema = z
  .object({
    prompt_tokens: z.number(),
    completion_tokens: z.number(),
    prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
  })
  .nullish();
const completionSchema = z.object({
  choices: z.array(choiceSchema).min(1),
  usage: usageSchema,
});

interface Message {
  readonly content?: string | null | undefined;
  readonly reasoning_content?: string | null | undefined;
  readonly reasoning?: string | null | undefined;
}

/** Null content means an empty text: the reply consists of thinking only. */
const saysSomething = ({ content, reasoning_content, reasoning }: Message): boolean =>
  typeof content === "string" || typeof (reasoning_content ?? reasoning) === "string";

/** What the endpoint supports, and extra fields for its requests. */
export interface Dialect {
  /** Whether it supports `n`. */
  readonly choices: boolean;
  /** Whether it supports stop strings; `stops.ts` cuts replies in any case. Default: true. */
  readonly stops?: boolean;
  /** Extra fields of every request. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export const plainDialect: Dialect = { choices: true, extra: {} };

/** `enable_thinking` is sent only to models with a thinking mode: other chat templates may not accept it. */
export const dialectOf = ({ choices, stops, thinking, extraBody }: ModelConfig): Dialect => ({
  choices,
  stops,
  extra: {
    ...(thinking === "none" ? {} : { chat_template_kwargs: { enable_thinking: thinking === "on" } }),
    ...extraBody,
  },
});

/** What requests for a chat and for a plain text have in common. */
export const samplingBody = (call: ModelCall, model: string, { choices, stops = true }: Dialect) => ({
  model: call.adapter ?? model,
  ...(choices ? { n: call.n ?? 1 } : {}),
  temperature: call.temperature,
  top_p: call.topP,
  max_tokens: call.maxTokens,
  ...(stops && call.stop && call.stop.length > 0 ? { stop: [...call.stop] } : {}),
  ...(call.seed === undefined ? {} : { seed: call.seed }),
});

export const requestBody = (call: ModelCall, model: string, dialect: Dialect = plainDialect) => {
  const user = { role: "user" as const, content: call.prompt };
  return {
    ...samplingBody(call, model, dialect),
    messages: call.system === undefined ? [user] : [{ role: "system" as const, content: call.system }, user],
    ...(call.schema === undefined ? {} : { response_format: responseFormat(call.schema) }),
    ...dialect.extra,
  };
};

const responseFormat = ({ name, schema }: ReplySchema) => ({
  type: "json_schema" as const,
  json_schema: { name, schema, strict: true },
});

/** @throws z.ZodError that names the missing or wrong field. */
export const replyOf = (answer: unknown, call: ModelCall): ModelReply => {
  const { choices, usage } = completionSchema.parse(answer);
  const texts = choices.map((choice) => choice.message.content ?? "");
  return {
    texts,
    finish: choices.map((choice) => (choice.finish_reason === "length" ? "length" : "stop")),
    ...spentOn(call, texts, usage),
  };
};

/** Estimated where the server reports no usage. */
export const spentOn = (
  call: Pick<ModelCall, "system" | "prompt">,
  texts: readonly string[],
  usage: z.output<typeof usageSchema>,
): Spent => {
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? undefined;
  return {
    promptTokens: usage?.prompt_tokens ?? estimatedTokens(`${call.system ?? ""}${call.prompt}`),
    ...(cached === undefined ? {} : { cachedTokens: cached }),
    completionTokens: usage?.completion_tokens ?? estimatedTokens(texts.join("")),
  };
};

/** Four characters per token. */
const estimatedTokens = (text: string): number => Math.ceil(text.length / 4);

/** Merges several replies to one call into one with at most `wanted` choices. */
export const joined = (replies: readonly ModelReply[], wanted: number): ModelReply => {
  const sum = (field: "promptTokens" | "cachedTokens" | "completionTokens") =>
    replies.reduce((total, reply) => total + (reply[field] ?? 0), 0);
  const scores = replies[0]?.scores;
  return {
    ...(scores === undefined ? {} : { scores }),
    texts: replies.flatMap((reply) => reply.texts).slice(0, wanted),
    finish: replies.flatMap((reply) => reply.finish).slice(0, wanted),
    promptTokens: sum("promptTokens"),
    ...(replies.some(({ cachedTokens }) => cachedTokens !== undefined)
      ? { cachedTokens: sum("cachedTokens") }
      : {}),
    completionTokens: sum("completionTokens"),
  };
};
