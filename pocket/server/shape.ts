import type { Generation } from "../engine/index.ts";

/** The response format of one kind of completion. `index` counts the plan's sequences. */
export interface AnswerShape {
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  choice(index: number, generation: Generation): object;
  /** A choice's first streamed chunk, before any generated text. */
  openingChoice(index: number): object | undefined;
  textChoice(index: number, piece: string): object;
  /** A choice's last streamed chunk: the finish reason and all log-probabilities. */
  closingChoice(index: number, generation: Generation): object;
}
