/**
 * Streams answers as server-sent events.
 *
 * 1. Each choice has an opening chunk, text chunks as the engine decodes them, and a closing chunk.
 * 2. The closing chunk has all log-probabilities, because the engine returns them at the end of the sequence.
 * 3. The pieces of a choice join to its generation's text.
 * 4. `[DONE]` ends a complete answer only; a failure ends the stream with an `error` event.
 * 5. A client that disconnects aborts the sequences.
 */
import type { Generation } from "../engine/index.ts";
import { clientGone, toRequestError } from "./errors.ts";
import type { Plan } from "./plan.ts";
import { type Heading, usageOf } from "./responses.ts";
import { runSequences } from "./sequences.ts";
import type { AnswerShape } from "./shape.ts";

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

export interface StreamOptions {
  readonly abort: AbortController;
  readonly includeUsage: boolean;
}

export const streamAnswer = (
  plan: Plan,
  shape: AnswerShape,
  heading: Heading,
  options: StreamOptions,
): Response => {
  let reading = true;
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (data: string) => {
        if (reading) controller.enqueue(Buffer.from(`data: ${data}\n\n`));
      };
      await new ChunkWriter(plan, shape, heading, options, send).run();
      if (reading) controller.close();
    },
    cancel() {
      reading = false;
      options.abort.abort(clientGone());
    },
  });
  return new Response(stream, { headers: HEADERS });
};

class ChunkWriter {
  readonly #plan: Plan;
  readonly #shape: AnswerShape;
  readonly #heading: Heading;
  readonly #options: StreamOptions;
  readonly #send: (data: string) => void;
  /** Characters sent per sequence. */
  readonly #sent: number[];

  constructor(
    plan: Plan,
    shape: AnswerShape,
    heading: Heading,
    options: StreamOptions,
    send: (data: string) => void,
  ) {
    this.#plan = plan;
    this.#shape = shape;
    this.#heading = heading;
    this.#options = options;
    this.#send = send;
    this.#sent = plan.requests.map(() => 0);
  }

  /** Never rejects; errors are sent in the stream. */
  async run(): Promise<void> {
    try {
      this.#open();
      const generations = await runSequences(this.#plan, this.#options.abort, {
        onText: (index, piece) => this.#write(index, piece),
        onEnd: (index, generation) => this.#close(index, generation),
      });
      if (this.#options.includeUsage) this.#chunk([], usageOf(this.#plan, generations));
      this.#send("[DONE]");
    } catch (error) {
      this.#send(JSON.stringify(toRequestError(error).body()));
    }
  }

  #open(): void {
    for (const index of this.#plan.requests.keys()) {
      const choice = this.#shape.openingChoice(index);
      if (choice) this.#chunk([choice]);
    }
  }

  #write(index: number, piece: string): void {
    if (piece === "") return;
    this.#sent[index] = (this.#sent[index] ?? 0) + piece.length;
    this.#chunk([this.#shape.textChoice(index, piece)]);
  }

  #close(index: number, generation: Generation): void {
    this.#write(index, generation.text.slice(this.#sent[index]));
    this.#chunk([this.#shape.closingChoice(index, generation)]);
  }

  #chunk(choices: readonly object[], usage: object | null = null): void {
    const chunk = { ...this.#heading, choices, ...(this.#options.includeUsage ? { usage } : {}) };
    this.#send(JSON.stringify(chunk));
  }
}
