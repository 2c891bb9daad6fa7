/**
 * Estimates what a request took that its server was working on and did not answer: servers report the tokens of
 * answered requests only. What a token is, and how fast replies come, is learned from the answered requests to the same
 * model.
 *
 * 1. The whole prompt counts, though the server may have had some of it cached, or may not have come to it.
 * 2. Of the reply counts what the server writes, in that role, in the time that the request lasted; nothing before a
 *    first request in that role has been answered.
 * 3. A request that the server refused takes nothing. Nor does one whose connection was lost: most often the server had
 *    closed it before it read the request.
 */
import type { ModelCall, ModelReply } from "./model.ts";
import { ModelError } from "./model-error.ts";

export type Spent = Pick<ModelReply, "promptTokens" | "cachedTokens" | "completionTokens">;

interface Replies {
  readonly seconds: number;
  /** Of one choice each. */
  readonly tokens: number;
}

export const noTokens: Spent = { promptTokens: 0, completionTokens: 0 };

/** Until a first request has been answered. */
const charactersPerToken = 4;

const charactersOf = ({ system = "", prompt }: ModelCall): number => system.length + prompt.length;

/** Whether a server may have worked on a request that ended with this error. What is no ModelError is an abort. */
const mayHaveWorked = (error: unknown): boolean => {
  if (!(error instanceof ModelError)) return true;
  const { code, status = 500 } = error;
  return code !== "model.unreachable" && status >= 500 && status !== 503;
};

export class SpentTokens {
  #characters = 0;
  #promptTokens = 0;
  readonly #replies = new Map<string, Replies>();

  /** `seconds`: how long the answer took. */
  learn(call: ModelCall, { promptTokens, completionTokens, texts }: ModelReply, seconds: number): void {
    this.#characters += charactersOf(call);
    this.#promptTokens += promptTokens;
    const before = this.#replies.get(call.role) ?? { seconds: 0, tokens: 0 };
    const tokens = before.tokens + completionTokens / texts.length;
    this.#replies.set(call.role, { seconds: before.seconds + seconds, tokens });
  }

  /** Of a request without an answer, by the error it ended with after so many seconds. */
  of(call: ModelCall, error: unknown, seconds: number): Spent {
    if (!mayHaveWorked(error)) return noTokens;
    const perCharacter =
      this.#characters === 0 ? 1 / charactersPerToken : this.#promptTokens / this.#characters;
    const replies = this.#replies.get(call.role);
    const written =
      replies === undefined || replies.seconds === 0 ? 0 : (replies.tokens / replies.seconds) * seconds;
    return {
      promptTokens: Math.ceil(charactersOf(call) * perCharacter),
      completionTokens: Math.round(Math.min(written, call.maxTokens) * (call.n ?? 1)),
    };
  }
}
