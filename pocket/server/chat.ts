/** `/v1/chat/completions`. */
import type { Context } from "hono";
import type { Generation } from "../engine/index.ts";
import { answer } from "./answer.ts";
import { readBody } from "./body.ts";
import type { Catalogue } from "./catalogue.ts";
import { invalidValue } from "./errors.ts";
import { chatLogprobs } from "./logprobs.ts";
import { planSequences } from "./plan.ts";
import { chatPrompt } from "./prompts.ts";
import { type ChatRequest, chatRequest } from "./requests.ts";
import type { ChatChoice, ChatChunkChoice } from "./responses.ts";
import type { AnswerShape } from "./shape.ts";
import type { TokenTexts } from "./token-texts.ts";

export const completeChat = async (context: Context, catalogue: Catalogue): Promise<Response> => {
  const body = await readBody(context, chatRequest);
  checkTogether(body);
  const target = catalogue.find(body.model);
  const prompt = chatPrompt(body.messages, target.model);
  const plan = planSequences(target, [prompt], body, {
    promptField: "messages",
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    fallback: Number.POSITIVE_INFINITY,
    logprobs: body.logprobs ? (body.top_logprobs ?? 0) : undefined,
    scorePrompt: false,
  });
  return answer(context, plan, body, new ChatShape(target.model.tokenTexts));
};

const checkTogether = (body: ChatRequest): void => {
  if (body.top_logprobs != null && !body.logprobs) {
    throw invalidValue("top_logprobs", "'top_logprobs' needs 'logprobs': true.");
  }
  if (body.stream_options && !body.stream) {
    throw invalidValue("stream_options", "'stream_options' needs 'stream': true.");
  }
};

class ChatShape implements AnswerShape {
  readonly idPrefix = "chatcmpl";
  readonly object = "chat.completion";
  readonly chunkObject = "chat.completion.chunk";
  readonly #texts: TokenTexts;

  constructor(texts: TokenTexts) {
    this.#texts = texts;
  }

  choice(index: number, generation: Generation): ChatChoice {
    return {
      index,
      message: { role: "assistant", content: generation.text, refusal: null },
      logprobs: chatLogprobs(generation, this.#texts),
      finish_reason: generation.finish,
    };
  }

  openingChoice(index: number): ChatChunkChoice {
    return { index, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null };
  }

  textChoice(index: number, piece: string): ChatChunkChoice {
    return { index, delta: { content: piece }, logprobs: null, finish_reason: null };
  }

  closingChoice(index: number, generation: Generation): ChatChunkChoice {
    const logprobs = chatLogprobs(generation, this.#texts);
    return { index, delta: {}, logprobs, finish_reason: generation.finish };
  }
}
