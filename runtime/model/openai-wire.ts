/** Chat completions as the `openai` package sends and receives them, to and from the model port's types. */
import { z } from "zod";
import type { ModelCall, ModelReply } from "./model.ts";

const choiceSchema = z.object({
  message: z.object({ content: z.string() }),
  finish_reason: z.string().nullish(),
});
const completionSchema = z.object({
  choices: z.array(choiceSchema).min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});

export function requestBody(call: ModelCall, model: string) {
  return {
    model: call.adapter ?? model,
    messages: [{ role: "user" as const, content: call.prompt }],
    n: call.n ?? 1,
    temperature: call.temperature,
    top_p: call.topP,
    max_tokens: call.maxTokens,
    ...(call.stop && call.stop.length > 0 ? { stop: [...call.stop] } : {}),
    ...(call.seed === undefined ? {} : { seed: call.seed }),
  };
}

/** @throws z.ZodError naming the field that is missing or wrong. */
export function replyOf(answer: unknown, call: ModelCall): ModelReply {
  const { choices, usage } = completionSchema.parse(answer);
  const texts = choices.map((choice) => choice.message.content);
  return {
    texts,
    finish: choices.map((choice) => (choice.finish_reason === "length" ? "length" : "stop")),
    promptTokens: usage?.prompt_tokens ?? estimatedTokens(call.prompt),
    completionTokens: usage?.completion_tokens ?? estimatedTokens(texts.join("")),
  };
}

/** For servers that report no usage: about four characters a token. */
const estimatedTokens = (text: string): number => Math.ceil(text.length / 4);

/** Several replies to one call as one, of at most `wanted` samples. */
export function joined(replies: readonly ModelReply[], wanted: number): ModelReply {
  const sum = (field: "promptTokens" | "completionTokens") =>
    replies.reduce((total, reply) => total + reply[field], 0);
  return {
    texts: replies.flatMap((reply) => reply.texts).slice(0, wanted),
    finish: replies.flatMap((reply) => reply.finish).slice(0, wanted),
    promptTokens: sum("promptTokens"),
    completionTokens: sum("completionTokens"),
  };
}
