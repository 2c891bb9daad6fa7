/** Converts a request's prompt to token ids. */
import type { Tokenizer } from "../engine/index.ts";
import type { ServedModel } from "./catalogue.ts";
import { invalidValue, RequestError } from "./errors.ts";
import type { ChatRequest, CompletionRequest } from "./requests.ts";

export interface Prompt {
  /** Token ids for the engine. `[prompt]` */
  readonly tokens: readonly number[];
  readonly text: string;
}

/**
 * The beginning token and the joined contents of all messages, for any roles; the checkpoints' `chat_template`
 * renders the same.
 */
export const chatPrompt = (messages: ChatRequest["messages"], model: ServedModel): Prompt =>
  textPrompt(messages.map(({ content }) => contentText(content)).join(""), model, "messages");

/** One prompt per string or token array. A string gets the beginning token; a token array is used without changes. */
export const completionPrompts = (prompt: CompletionRequest["prompt"], model: ServedModel): Prompt[] => {
  if (typeof prompt === "string") return [textPrompt(prompt, model, "prompt")];
  if (isTokenArray(prompt)) return [tokenPrompt(prompt, model, "prompt")];
  return prompt.map((entry, index) => {
    const parameter = `prompt[${index}]`;
    return typeof entry === "string"
      ? textPrompt(entry, model, parameter)
      : tokenPrompt(entry, model, parameter);
  });
};

const contentText = (content: ChatRequest["messages"][number]["content"]): string =>
  typeof content === "string" ? content : content.map((part) => part.text).join("");

const isTokenArray = (prompt: readonly (string | number | number[])[]): prompt is number[] =>
  typeof prompt[0] === "number";

const textPrompt = (text: string, { engine, tokenTexts }: ServedModel, parameter: string): Prompt => {
  const { tokenizer, contextLength } = engine;
  if (text.length > contextLength * tokenTexts.longest) throw tooLong(text, contextLength, parameter);
  return { tokens: [tokenizer.beginToken, ...encode(text, tokenizer, parameter)], text };
};

/** Checks the length without tokenising, because tokenising a megabyte of text would block the server. */
const tooLong = (text: string, contextLength: number, parameter: string): RequestError => {
  const problem = `The context holds ${contextLength} tokens; ${text.length} characters need more`;
  return new RequestError(400, "context_length_exceeded", problem, parameter, { fix: "shorten the prompt" });
};

const tokenPrompt = (tokens: readonly number[], { engine }: ServedModel, parameter: string): Prompt => {
  const size = engine.tokenizer.vocabularySize;
  const outside = tokens.find((token) => token >= size);
  if (outside !== undefined) {
    throw invalidValue(parameter, `'${parameter}': token ${outside} is outside the vocabulary of ${size}.`);
  }
  return { tokens, text: engine.tokenizer.decode(tokens) };
};

/** @throws RequestError 400 if the engine's tokens do not decode to the same text */
const encode = (text: string, tokenizer: Tokenizer, parameter: string): number[] => {
  try {
    return tokenizer.encode(text);
  } catch (error) {
    throw outsideVocabulary(parameter, error instanceof Error ? error.message : String(error));
  }
};

const outsideVocabulary = (parameter: string, reason: string): RequestError => {
  const message = `'${parameter}' has text outside the model's vocabulary: ${reason}`;
  return new RequestError(400, "outside_vocabulary", message, parameter);
};
