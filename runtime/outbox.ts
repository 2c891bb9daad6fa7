/**
 * Durable messages on their way to the recorder.
 *
 * 1. A message stays here until the recorder has answered that it is on the disk; until then it is sent again.
 *    The recorder keeps one message per durable key, so that sending again does no harm.
 * 2. Messages go out in the order they were posted, several at once; only a broken link can change the order.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { appendSubject, readAnswer } from "./append.ts";
import { type Bus, BusError } from "./bus.ts";
import { durableKey, type Message } from "./messages.ts";

type Letter = { readonly message: Message; readonly payload: Uint8Array };

export type OutboxOptions = {
  readonly bus: Bus;
  readonly run: string;
  readonly timeoutMilliseconds: number;
  /** A message that the recorder refuses or that cannot be sent: it is given up. */
  readonly onLost: (cause: unknown, message: Message) => void;
};

const firstPause = 20;
const longestPause = 2_000;
const retried = new Set(["AGORA_BUS_NO_RESPONDERS", "AGORA_BUS_TIMEOUT"]);

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #closing = new AbortController();
  #letters: Letter[] = [];
  #running: Promise<void> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  post(message: Message, payload: Uint8Array): void {
    this.#letters.push({ message, payload });
    this.#running ??= this.#run();
  }

  /** Resolves once the recorder has answered for everything posted, or the outbox is closed. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running;
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    let pause = firstPause;
    while (this.#letters.length > 0 && !this.#closing.signal.aborted) {
      const batch = this.#letters;
      this.#letters = [];
      const left = (await Promise.all(batch.map((letter) => this.#deliver(letter)))).filter(
        (letter) => letter !== undefined,
      );
      this.#letters = [...left, ...this.#letters];
      pause = left.length === 0 ? firstPause : Math.min(pause * 2, longestPause);
      if (left.length > 0) await this.#rest(pause);
    }
    this.#running = undefined;
  }

  /** @returns the letter where it has to be sent again. */
  async #deliver(letter: Letter): Promise<Letter | undefined> {
    const { bus, run, timeoutMilliseconds, onLost } = this.#options;
    const { message, payload } = letter;
    try {
      const options = { timeoutMilliseconds, signal: this.#closing.signal };
      const answer = await bus.request(appendSubject(run), payload, options);
      if (readAnswer(answer) !== "refused") return undefined;
      throw new BusError(
        "AGORA_BUS_REFUSED",
        `the recorder refused ${durableKey(message)}; see agora.${run}.dead-letter`,
      );
    } catch (cause) {
      if (cause instanceof BusError && retried.has(cause.code)) return letter;
      onLost(cause, message);
      return undefined;
    }
  }

  async #rest(milliseconds: number): Promise<void> {
    try {
      await sleep(milliseconds, undefined, { signal: this.#closing.signal });
    } catch {
      // Closing ends the pause early.
    }
  }
}
