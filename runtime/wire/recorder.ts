/**
 * The only writer of a run: it appends durable messages from the bus to the journal and then publishes them.
 *
 * 1. The recorder publishes a durable message on its own subject only after its transaction is committed, in commit
 *    order. Then it answers the sender.
 * 2. A repeated durable key is answered with `known`, and the recorded message is published again, because the sender
 *    may have missed it. Wires drop the repetition.
 * 3. Messages that arrive together are written in one transaction, with one flush of the disk: at the first turn of the
 *    event loop that brings no more of them. While the disk is slow more arrive together.
 * 4. A message that the bus keeps is acknowledged after its transaction and its publication: one that a recorder was
 *    killed with goes to the next.
 * 5. Messages of the recorder's own process are given to it directly (`post`) and recorded in that order, whatever the
 *    link does.
 * 6. If a transaction fails, none of its messages is recorded or published and the recorder stops: it calls `onError`
 *    once and the run has to stop.
 */

import {
  type Bus,
  BusError,
  closedError,
  type Delivery,
  type Reception,
  type Subscription,
} from "../bus/bus.ts";
import { durableKey, type Message } from "../messages.ts";
import { type AppendAnswer, assertRun, packAnswer, refusedError } from "./append.ts";
import { type Codec, createCodec } from "./codec.ts";
import { type DeadLetterListener, type Letter, Reader } from "./reader.ts";
import { appendPattern, appendSubject, subjectOf, whyImpostor } from "./sender.ts";
import { Standings } from "./standings.ts";
import type { Terms } from "./terms.ts";

/** The part of a journal that the recorder uses. */
export type Keeper = {
  append(messages: readonly Message[]): Message[];
  /** The message recorded under a durable key. */
  find(key: string): Message | undefined;
};

export type RecorderOptions = {
  readonly bus: Bus;
  readonly run: string;
  readonly journal: Keeper;
  readonly codec?: Codec;
  /** Called if the journal cannot be written or a recorded message cannot be published: the run has to stop. */
  readonly onError: (cause: unknown) => void;
  readonly onDeadLetter?: DeadLetterListener;
  /** How long a durable message waits at most while others keep coming to share its transaction. */
  readonly groupMilliseconds?: number;
  /** How long a message of the types in `noted` waits at most. */
  readonly idleMilliseconds?: number;
  /** Once the recorder is ready, what a host that was replaced sends is refused; before, what it left behind is written. */
  readonly terms?: Terms;
  /** A further reason to refuse a message. */
  readonly whyNot?: (message: Message) => string | undefined;
  /** The run is new: what the bus keeps for an earlier one of its name is dropped. */
  readonly afresh?: boolean;
};

export type Recorder = {
  /** As in a `Reception` of the bus: until then what earlier processes have sent may be missing in the journal. */
  readonly ready: Promise<readonly string[]>;
  /** Takes a durable message of this process. @throws BusError AGORA_BUS_REFUSED, AGORA_BUS_CLOSED */
  post(letter: Letter): void;
  /** Writes the waiting messages now, and resolves once the bus has what is recorded, or the recorder has ended. */
  flush(): Promise<void>;
  /** Writes the waiting messages and accepts no more. */
  close(): void;
};

/** Types that may have no durable key: then they are delivered directly and recorded later, and nobody waits for that. */
export const noted = [
  "call.metered",
  "agent.joined",
  "agent.left",
  "agent.lapsed",
  "agent.recovered",
] as const;

type Entry = { readonly message: Message; readonly delivery: Delivery };

class BusRecorder implements Recorder {
  readonly #options: RecorderOptions;
  readonly #codec: Codec;
  readonly #groupMilliseconds: number;
  readonly #reader: Reader;
  /** Of agents, who repeat them for those who were away. */
  readonly #standings = new Standings();
  readonly #reception: Reception;
  readonly #subscriptions: Subscription[];
  readonly #idleMilliseconds: number;
  #waiting: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  #isReady = false;
  #over = false;

  constructor(options: RecorderOptions) {
    const { bus, run, onDeadLetter, groupMilliseconds = 2, idleMilliseconds = 250 } = options;
    assertRun(run);
    this.#options = options;
    this.#codec = options.codec ?? createCodec({ maxBytes: bus.maxPayload });
    this.#reader = new Reader({ bus, run, codec: this.#codec, onDeadLetter });
    this.#subscriptions = noted.map((type) =>
      bus.subscribe(`agora.${run}.*.${type}.*`, (delivery) => this.#note(delivery)),
    );
    const { afresh = false } = options;
    this.#groupMilliseconds = groupMilliseconds;
    this.#idleMilliseconds = idleMilliseconds;
    const append = (delivery: Delivery): void => void this.#append(delivery);
    this.#reception = bus.receive(appendPattern(run), append, { afresh });
    void this.#reception.ready.then(() => {
      this.#isReady = true;
    });
  }

  get ready(): Promise<readonly string[]> {
    return this.#reception.ready;
  }

  post({ message, payload, isValid }: Letter): void {
    const { run, terms } = this.#options;
    if (this.#over) throw closedError();
    const subject = appendSubject(run, message);
    const delivery: Delivery = { subject, payload, reply: undefined, term: terms?.own };
    const known = isValid ? message : undefined;
    if (!this.#append(delivery, known)) throw refusedError(run, message);
  }

  async flush(): Promise<void> {
    this.#write();
    while (!this.#over && (await this.#isLate()));
  }

  /** Whether the server does not respond: a bus that is closed is no bus to wait for. */
  async #isLate(): Promise<boolean> {
    try {
      await this.#options.bus.flush();
      return false;
    } catch (cause) {
      return cause instanceof BusError && cause.code === "AGORA_BUS_TIMEOUT";
    }
  }

  #write(): void {
    this.#stopWaiting();
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
    this.#write();
    this.#stop();
  }

  /** Whether the message is not refused. */
  #append(delivery: Delivery, known?: Message): boolean {
    const message = this.#reader.read(delivery, (candidate) => this.#unfit(delivery, candidate), known);
    if (message) this.#gather({ message, delivery });
    else this.#answer(delivery, "refused");
    return message !== undefined;
  }

  #note(delivery: Delivery): void {
    const message = this.#reader.read(delivery, (candidate) =>
      delivery.subject === subjectOf(this.#options.run, candidate)
        ? this.#unwanted(delivery, candidate)
        : `${candidate.type} from ${candidate.from} does not belong on this subject`,
    );
    if (message && !this.#isRecorded(message) && this.#standings.hear(message, delivery))
      this.#wait({ message, delivery });
  }

  /** As what this recorder has published. */
  #isRecorded(message: Message): boolean {
    const key = durableKey(message);
    return key !== undefined && this.#options.journal.find(key) !== undefined;
  }

  /** A message on the subject of another type would pass by the permissions of its sender's key. */
  #unfit(delivery: Delivery, message: Message): string | undefined {
    if (durableKey(message) === undefined) return `${message.type} is not durable`;
    if (delivery.subject === appendSubject(this.#options.run, message))
      return this.#unwanted(delivery, message);
    return `${message.type} from ${message.from} does not belong on this subject`;
  }

  #unwanted({ subject, term }: Delivery, message: Message): string | undefined {
    const { run, terms, whyNot } = this.#options;
    const late = () => (this.#isReady ? terms?.whyNot(message, term) : undefined);
    return whyImpostor(run, subject, message) ?? late() ?? whyNot?.(message);
  }

  /** It is written once a turn of the event loop brings no more. */
  #gather(entry: Entry): void {
    if (this.#over) return;
    this.#waiting.push(entry);
    if (this.#turn !== undefined) return;
    const due = performance.now() + this.#groupMilliseconds;
    const look = (before: number): void => {
      const { length } = this.#waiting;
      if (length === before || performance.now() >= due) this.#write();
      else this.#turn = setImmediate(look, length);
    };
    this.#turn = setImmediate(look, this.#waiting.length);
  }

  /** It is written with the next one that is gathered, or after a while. */
  #wait(entry: Entry): void {
    if (this.#over) return;
    this.#waiting.push(entry);
    this.#timer ??= setTimeout(() => this.#write(), this.#idleMilliseconds);
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
    this.#turn = undefined;
  }

  #publish({ message, delivery }: Entry, isNew: boolean): void {
    const key = durableKey(message);
    if (key === undefined) return;
    const { bus, run } = this.#options;
    if (isNew) bus.publish(subjectOf(run, message), delivery.payload);
    else this.#publishKept(key);
    this.#answer(delivery, isNew ? "recorded" : "known");
  }

  #publishKept(key: string): void {
    const { bus, run, journal } = this.#options;
    const kept = journal.find(key);
    if (kept) bus.publish(subjectOf(run, kept), this.#codec.encode(kept));
  }

  #answer({ reply, done }: Delivery, answer: AppendAnswer): void {
    try {
      reply?.(packAnswer(answer));
      done?.();
    } catch {
      // The sender repeats it, or the bus does.
    }
  }

  #fail(cause: unknown): void {
    this.#stop();
    this.#options.onError(cause);
  }

  #stop(): void {
    this.#over = true;
    this.#stopWaiting();
    this.#reception.end();
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
  }
}

export const recordDurable = (options: RecorderOptions): Recorder => new BusRecorder(options);
