/** `/v1/completions`. */
import type { Context } from "hono";
import type { Generation } from "../engine/index.ts";
import { answer } from "./answer.ts";
import { readBody } from "./body.ts";
import type { Catalogue } from "./catalogue.ts";
import { invalidValue } from "./errors.ts";
import { textLogprobs } from "./logprobs.ts";
import { type Plan, planSequences } from "./plan.ts";
import { completionPrompts, type Prompt } from "./prompts.ts";
import { completionRequest } from "./requests.ts";
import type { TextChoice, TextChunkChoice } from "./responses.ts";
import type { AnswerShape } from "./shape.ts";

/** OpenAI's default. */
const DEFAULT_MAX_TOKENS = 16;

export const completeText = async (context: Context, catalogue: Catalogue): Promise<Response> => {
  const body = await readBody(context, completionRequest);
  if (body.stream_options && !body.stream) {
    throw invalidValue("stream_options", "'stream_options' needs 'stream': true.");
  }
  const target = catalogue.find(body.model);
  const prompts = completionPrompts(body.prompt, target.model);
  const plan = planSequences(target, prompts, body, {
    promptField: "prompt",
    maxTokens: body.max_tokens ?? undefined,
    fallback: DEFAULT_MAX_TOKENS,
    logprobs: body.logprobs ?? undefined,
    scorePrompt: body.echo === true && body.logprobs != null,
  });
  return answer(context, plan, body, new TextShape(plan, body.echo === true));
};

class TextShape implements AnswerShape {
  readonly idPrefix = "cmpl";
  readonly object = "text_completion";
  readonly chunkObject = "text_completion";
  readonly #plan: Plan;
  readonly #echo: boolean;

  constructor(plan: Plan, echo: boolean) {
    this.#plan = plan;
    this.#echo = echo;
  }

  choice(index: number, generation: Generation): TextChoice {
    const text = (this.#echoed(index)?.text ?? "") + generation.text;
    return { ...this.#closing(index, generation), text };
  }

  openingChoice(index: number): TextChunkChoice | undefined {
    const echoed = this.#echoed(index);
    return echoed && this.textChoice(index, echoed.text);
  }

  textChoice(index: number, piece: string): TextChunkChoice {
    return { index, text: piece, logprobs: null, finish_reason: null };
  }

  closingChoice(index: number, generation: Generation): TextChunkChoice {
    return this.#closing(index, generation);
  }

  #closing(index: number, generation: Generation): TextChoice {
    const logprobs = textLogprobs(generation, this.#plan.target.model.tokenTexts, this.#echoed(index));
    return { index, text: "", logprobs, finish_reason: generation.finish };
  }

  #echoed(index: number): Prompt | undefined {
    return this.#echo ? this.#plan.prompts[Math.floor(index / this.#plan.choices)] : undefined;
  }
}
