/**
 * Durable messages on their way to the recorder of another process.
 *
 * 1. The outbox holds a message until the recorder answers that it is on disk. It resends one that the bus does not
 *    keep soon, and ever more rarely one that is kept and not answered: the recorder writes one message per durable key.
 * 2. Messages are sent immediately and in the order they were posted, also after the link has broken: what was in flight
 *    then is sent again before anything newer.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bus, BusError, type Subscription } from "../bus/bus.ts";
import type { Message } from "../messages.ts";
import { readAnswer, refusedError } from "./append.ts";
import type { Letter } from "./reader.ts";
import { appendSubject } from "./sender.ts";

export type OutboxOptions = {
  readonly bus: Bus;
  readonly run: string;
  /** Of the host that sends. */
  readonly term: number | undefined;
  readonly timeoutMilliseconds: number;
  /** Called for a message that the recorder refuses or that cannot be sent; it is not sent again. */
  readonly onLost: (cause: unknown, message: Message) => void;
};

const firstPause = 20;
const longestPause = 2_000;
/** Longest wait for the answer to a message that is kept [ms]. */
const longestPatience = 300_000;
const retried = new Set(["AGORA_BUS_NO_RESPONDERS", "AGORA_BUS_TIMEOUT", "AGORA_BUS_UNANSWERED"]);

class Posted {
  readonly message: Message;
  readonly payload: Uint8Array;
  id: string;
  /** How often it was kept and not answered. */
  unanswered = 0;
  /** Sent, and neither answered nor failed. */
  isUnderway = false;
  isKept = false;
  /** Aborted when the link breaks before it is kept: nobody answers it. */
  interruption = new AbortController();
  /** Resolves once it is kept, answered or has failed. */
  sent = Promise.resolve();

  constructor({ message, payload }: Letter, id: string) {
    this.message = message;
    this.payload = payload;
    this.id = id;
  }
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #closing = new AbortController();
  readonly #life = randomUUID();
  /** Posted but unanswered, oldest first. */
  readonly #letters = new Set<Posted>();
  readonly #drained: (() => void)[] = [];
  readonly #watching: Subscription;
  #recovery: Promise<void> | undefined;
  #ids = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#watching = options.bus.onStatus(({ type }) => {
      if (type === "disconnected") this.#interrupt();
    });
  }

  post(letter: Letter): void {
    const posted = new Posted(letter, this.#freshId());
    this.#letters.add(posted);
    if (!this.#recovery) this.#launch(posted);
  }

  /** Resolves once the recorder has answered every posted message, or the outbox is closed. */
  async drain(): Promise<void> {
    if (this.#letters.size > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  close(): void {
    this.#watching.unsubscribe();
    this.#closing.abort();
  }

  /** A repetition of a message that is not known to be kept has the same id. */
  #freshId(): string {
    this.#ids += 1;
    return `${this.#life}.${this.#ids}`;
  }

  /** What is posted from now on waits until the earlier messages are sent again. */
  #interrupt(): void {
    if (this.#letters.size > 0) this.#recovery ??= this.#recover();
    for (const { isKept, interruption } of this.#letters) if (!isKept) interruption.abort();
  }

  #launch(letter: Posted): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    letter.sent = promise;
    letter.isUnderway = true;
    letter.isKept = false;
    letter.interruption = new AbortController();
    const onKept = (): void => {
      letter.isKept = true;
      resolve();
    };
    void this.#deliver(letter, onKept).then(() => {
      letter.isUnderway = false;
      resolve();
    });
  }

  async #deliver(letter: Posted, onKept: () => void): Promise<void> {
    const { bus, run, term, timeoutMilliseconds } = this.#options;
    const signal = AbortSignal.any([this.#closing.signal, letter.interruption.signal]);
    try {
      const patienceMilliseconds = Math.min(timeoutMilliseconds * 2 ** letter.unanswered, longestPatience);
      const options = { id: letter.id, term, onKept, timeoutMilliseconds, patienceMilliseconds };
      const subject = appendSubject(run, letter.message);
      const answer = await bus.keep(subject, letter.payload, { ...options, signal });
      if (readAnswer(answer) === "refused") throw refusedError(run, letter.message);
      this.#forget(letter);
    } catch (cause) {
      if (cause instanceof BusError && this.#isRetried(letter, cause)) this.#retry(letter, cause);
      else this.#giveUp(letter, cause);
    }
  }

  #isRetried({ interruption }: Posted, { code }: BusError): boolean {
    if (this.#closing.signal.aborted) return false;
    return retried.has(code) || interruption.signal.aborted;
  }

  #retry(letter: Posted, { code }: BusError): void {
    if (code === "AGORA_BUS_UNANSWERED") {
      letter.unanswered += 1;
      letter.id = this.#freshId();
    }
    this.#recovery ??= this.#recover();
  }

  /** Resends unsent messages with growing pauses; messages posted meanwhile queue behind them. */
  async #recover(): Promise<void> {
    for (let pause = firstPause; this.#letters.size > 0; pause = Math.min(pause * 2, longestPause)) {
      await this.#allSent();
      await this.#rest(pause);
      if (!this.#options.bus.connected && !this.#closing.signal.aborted) continue;
      const before = this.#letters.size;
      for (const letter of this.#letters) if (!letter.isUnderway) this.#launch(letter);
      await this.#allSent();
      if ([...this.#letters].every(({ isUnderway }) => isUnderway)) break;
      if (this.#letters.size < before) pause = firstPause;
    }
    this.#recovery = undefined;
  }

  async #allSent(): Promise<void> {
    await Promise.all(Array.from(this.#letters, ({ sent }) => sent));
  }

  #forget(letter: Posted): void {
    this.#letters.delete(letter);
    if (this.#letters.size === 0) for (const resolve of this.#drained.splice(0)) resolve();
  }

  #giveUp(letter: Posted, cause: unknown): void {
    this.#forget(letter);
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
