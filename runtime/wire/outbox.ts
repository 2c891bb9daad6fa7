/**
 * Durable messages on their way to the recorder.
 *
 * 1. The outbox keeps a message and resends it until the recorder answers that it is on disk.
 *    The recorder keeps one message per durable key, so resending is safe.
 * 2. Messages are sent immediately and in the order they were posted, also after the link has broken: what was in flight
 *    then is sent again before anything newer.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Bus, BusError, type Subscription } from "../bus/bus.ts";
import { durableKey, type Message } from "../messages.ts";
import { readAnswer } from "./append.ts";
import type { Letter } from "./reader.ts";
import { appendSubject } from "./sender.ts";

export type OutboxOptions = {
  readonly bus: Bus;
  readonly run: string;
  readonly timeoutMilliseconds: number;
  /** Called for a message that the recorder refuses or that cannot be sent; it is not sent again. */
  readonly onLost: (cause: unknown, message: Message) => void;
};

const firstPause = 20;
const longestPause = 2_000;
const retried = new Set(["AGORA_BUS_NO_RESPONDERS", "AGORA_BUS_TIMEOUT"]);

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #closing = new AbortController();
  /** Posted but unanswered, oldest first. */
  readonly #letters = new Set<Letter>();
  readonly #underway = new Set<Promise<void>>();
  readonly #watching: Subscription;
  /** Aborted when the link breaks: nobody answers what was in flight. */
  #link = new AbortController();
  #recovery: Promise<void> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#watching = options.bus.onStatus(({ type }) => {
      if (type === "disconnected") this.#interrupt();
    });
  }

  post(letter: Letter): void {
    this.#letters.add(letter);
    if (!this.#recovery) this.#launch(letter);
  }

  /** Resolves once the recorder has answered every posted message, or the outbox is closed. */
  async drain(): Promise<void> {
    while (this.#letters.size > 0) await (this.#recovery ?? Promise.all(this.#underway));
  }

  close(): void {
    this.#watching.unsubscribe();
    this.#closing.abort();
  }

  #interrupt(): void {
    if (this.#letters.size > 0) this.#recovery ??= this.#recover();
    this.#link.abort();
    this.#link = new AbortController();
  }

  #launch(letter: Letter): void {
    const delivery = this.#deliver(letter).finally(() => this.#underway.delete(delivery));
    this.#underway.add(delivery);
  }

  async #deliver(letter: Letter): Promise<void> {
    const { bus, run, timeoutMilliseconds } = this.#options;
    const link = this.#link.signal;
    try {
      const options = { timeoutMilliseconds, signal: AbortSignal.any([this.#closing.signal, link]) };
      const answer = await bus.request(appendSubject(run, letter.message), letter.payload, options);
      if (readAnswer(answer) === "refused") throw refusedError(run, letter.message);
      this.#letters.delete(letter);
    } catch (cause) {
      const isRetried = cause instanceof BusError && (retried.has(cause.code) || link.aborted);
      if (isRetried && !this.#closing.signal.aborted) this.#recovery ??= this.#recover();
      else this.#giveUp(letter, cause);
    }
  }

  /** Resends unanswered messages with growing pauses; messages posted meanwhile queue behind them. */
  async #recover(): Promise<void> {
    for (let pause = firstPause; this.#letters.size > 0; pause = Math.min(pause * 2, longestPause)) {
      await Promise.all(this.#underway);
      await this.#rest(pause);
      if (!this.#options.bus.connected && !this.#closing.signal.aborted) continue;
      const before = this.#letters.size;
      for (const letter of this.#letters) this.#launch(letter);
      await Promise.all(this.#underway);
      if (this.#letters.size < before) pause = firstPause;
    }
    this.#recovery = undefined;
  }

  #giveUp(letter: Letter, cause: unknown): void {
    this.#letters.delete(letter);
    this.#options.onLost(cause, letter.message);
  }

  async #rest(milliseconds: number): Promise<void> {
    try {
      await sleep(milliseconds, undefined, { signal: this.#closing.signal });
    } catch {
      // Closing ends the pause early; the next attempt fails and drops the messages.
    }
  }
}

const refusedError = (run: string, message: Message): BusError =>
  new BusError("AGORA_BUS_REFUSED", `the recorder refused ${durableKey(message)}`, {
    fix: `see agora.${run}.dead-letter`,
  });
