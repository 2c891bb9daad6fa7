/** From a request's prompt to token ids. */
import type { Tokenizer } from "../engine/port.ts";
import { invalidValue, RequestError } from "./errors.ts";
import type { ChatRequest, CompletionRequest } from "./requests.ts";

export interface Prompt {
  /** As the engine takes them. `[prompt]` */
  readonly tokens: readonly number[];
  readonly text: string;
}

/**
 * The beginning token and the messages' contents joined, whatever their roles: what the checkpoints'
 * `chat_template` renders.
 */
export function chatPrompt(messages: ChatRequest["messages"], tokenizer: Tokenizer): Prompt {
  return textPrompt(messages.map(({ content }) => contentText(content)).join(""), tokenizer, "messages");
}

/** One prompt per string or token array. Strings get the beginning token; token arrays are taken as they are. */
export function completionPrompts(prompt: CompletionRequest["prompt"], tokenizer: Tokenizer): Prompt[] {
  if (typeof prompt === "string") return [textPrompt(prompt, tokenizer, "prompt")];
  if (isTokenArray(prompt)) return [tokenPrompt(prompt, tokenizer, "prompt")];
  return prompt.map((entry, index) => {
    const parameter = `prompt[${index}]`;
    return typeof entry === "string"
      ? textPrompt(entry, tokenizer, parameter)
      : tokenPrompt(entry, tokenizer, parameter);
  });
}

function contentText(content: ChatRequest["messages"][number]["content"]): string {
  return typeof content === "string" ? content : content.map((part) => part.text).join("");
}

function isTokenArray(prompt: readonly (string | number | number[])[]): prompt is number[] {
  return typeof prompt[0] === "number";
}

function textPrompt(text: string, tokenizer: Tokenizer, parameter: string): Prompt {
  return { tokens: [tokenizer.beginToken, ...encode(text, tokenizer, parameter)], text };
}

function tokenPrompt(tokens: readonly number[], tokenizer: Tokenizer, parameter: string): Prompt {
  const size = tokenizer.vocabularySize;
  const outside = tokens.find((token) => token >= size);
  if (outside !== undefined) {
    throw invalidValue(parameter, `'${parameter}': token ${outside} is outside the vocabulary of ${size}.`);
  }
  return { tokens, text: tokenizer.decode(tokens) };
}

/** @throws RequestError 400 unless the text is exactly what its tokens say. */
function encode(text: string, tokenizer: Tokenizer, parameter: string): number[] {
  let tokens: number[];
  try {
    tokens = tokenizer.encode(text);
  } catch (error) {
    throw outsideVocabulary(parameter, error instanceof Error ? error.message : String(error));
  }
  if (tokenizer.decode(tokens) === text) return tokens;
  throw outsideVocabulary(parameter, "the model's tokens cannot spell it");
}

function outsideVocabulary(parameter: string, reason: string): RequestError {
  const message = `'${parameter}' has text outside the model's vocabulary: ${reason}.`;
  return new RequestError(400, "outside_vocabulary", message, parameter);
}
