/**
 * The run's one writer: durable messages from the bus into the journal, and from there to whoever listens.
 *
 * 1. Written, then heard: a durable message is published on its own subject after its transaction was committed,
 *    in commit order, and then its sender is answered.
 * 2. A repeated durable key is answered as known, and what was kept under it is published again: its sender may
 *    have missed it. Wires hear it once.
 * 3. What arrives together is written together: one transaction, one flush of the disk.
 * 4. When the disk refuses, nothing of that transaction was kept, nothing of it is heard, and the recorder is over:
 *    `onError` is called once and the run has to stop.
 */

import type { Bus, Delivery, Reply, Subscription } from "../bus/bus.ts";
import { durableKey, type Message, subjectOf } from "../messages.ts";
import { type AppendAnswer, appendSubject, assertRun, packAnswer } from "./append.ts";
import { type Codec, createCodec } from "./codec.ts";
import { type DeadLetterListener, Reader } from "./reader.ts";

/** What the recorder needs of a journal. */
export type Keeper = {
  append(messages: readonly Message[]): Message[];
  /** What is kept under a durable key. */
  find(key: string): Message | undefined;
};

export type RecorderOptions = {
  readonly bus: Bus;
  readonly run: string;
  readonly journal: Keeper;
  readonly codec?: Codec;
  /** The journal cannot be written, or what it holds cannot be published: the run has to stop. */
  readonly onError: (cause: unknown) => void;
  readonly onDeadLetter?: DeadLetterListener;
  /** How long a durable message waits for company. */
  readonly groupMilliseconds?: number;
  /** How long call meters and the comings and goings of agents wait at most. */
  readonly idleMilliseconds?: number;
};

export type Recorder = {
  /** Writes what waits, now. */
  flush(): void;
  /** Takes nothing new and writes what waits. */
  close(): void;
};

/** Heard by everybody at once, and journaled on the side: they carry no key and nobody waits for them. */
const noted = ["call.metered", "agent.joined", "agent.left", "agent.lapsed", "agent.recovered"] as const;

type Entry = { readonly message: Message; readonly delivery: Delivery };

class BusRecorder implements Recorder {
  readonly #options: RecorderOptions;
  readonly #codec: Codec;
  readonly #reader: Reader;
  readonly #subscriptions: Subscription[];
  #waiting: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #over = false;

  constructor(options: RecorderOptions) {
    const { bus, run, onDeadLetter, groupMilliseconds = 2, idleMilliseconds = 250 } = options;
    assertRun(run);
    this.#options = options;
    this.#codec = options.codec ?? createCodec({ maxBytes: bus.maxPayload });
    this.#reader = new Reader({ bus, run, codec: this.#codec, onDeadLetter });
    const queue = { queue: "recorder" };
    this.#subscriptions = [
      bus.subscribe(appendSubject(run), (delivery) => this.#append(delivery, groupMilliseconds), queue),
      ...noted.map((type) =>
        bus.subscribe(`agora.${run}.${type}.*`, (delivery) => this.#note(delivery, idleMilliseconds), queue),
      ),
    ];
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#due = Number.POSITIVE_INFINITY;
    const entries = this.#waiting;
    this.#waiting = [];
    if (entries.length === 0 || this.#over) return;
    try {
      const kept = new Set(this.#options.journal.append(entries.map((entry) => entry.message)));
      for (const entry of entries) this.#publish(entry, kept.has(entry.message));
    } catch (cause) {
      this.#fail(cause);
    }
  }

  close(): void {
    this.flush();
    this.#stop();
  }

  #append(delivery: Delivery, within: number): void {
    const message = this.#reader.read(delivery, (candidate) =>
      durableKey(candidate) === undefined ? `${candidate.type} is not durable` : undefined,
    );
    if (message) this.#wait({ message, delivery }, within);
    else this.#answer(delivery.reply, "refused");
  }

  #note(delivery: Delivery, within: number): void {
    const message = this.#reader.read(delivery, (candidate) =>
      noted.some((type) => type === candidate.type) ? undefined : "does not belong on this subject",
    );
    if (message) this.#wait({ message, delivery }, within);
  }

  #wait(entry: Entry, within: number): void {
    if (this.#over) return;
    this.#waiting.push(entry);
    const due = performance.now() + within;
    if (due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.flush(), within);
  }

  #publish({ message, delivery: { payload, reply } }: Entry, isNew: boolean): void {
    const key = durableKey(message);
    if (key === undefined) return;
    const { bus, run } = this.#options;
    if (isNew) bus.publish(subjectOf(run, message), payload);
    else this.#publishKept(key);
    this.#answer(reply, isNew ? "recorded" : "known");
  }

  #publishKept(key: string): void {
    const { bus, run, journal } = this.#options;
    const kept = journal.find(key);
    if (kept) bus.publish(subjectOf(run, kept), this.#codec.encode(kept));
  }

  #answer(reply: Reply | undefined, answer: AppendAnswer): void {
    try {
      reply?.(packAnswer(answer));
    } catch {
      // Who is not answered asks again.
    }
  }

  #fail(cause: unknown): void {
    this.#stop();
    this.#options.onError(cause);
  }

  #stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
  }
}

export const recordDurable = (options: RecorderOptions): Recorder => new BusRecorder(options);
