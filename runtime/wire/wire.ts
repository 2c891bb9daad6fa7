/**
 * The wire: actors send and hear typed messages over the bus.
 *
 * 1. A durable message goes to the recorder first. Listeners, including the sender's, hear it only after it is
 *    committed.
 * 2. A message is validated once when it is sent, and a payload of another process once when it arrives, for all
 *    listeners: a process needs one wire. The sender and the listeners share the message and must not change it.
 * 3. A wire delivers a durable message once, however often it is published. Messages in `known` count as delivered.
 * 4. A message without a durable key is not heard if a host that was replaced has sent it (terms.ts). What is recorded is
 *    heard in any case: a host that was replaced can record nothing.
 * 5. Of a question that has not ended every message is heard once, and so is whether an agent takes part; after a link was
 *    down what was missed meanwhile is asked for, and said again by its senders (open-questions.ts, standings.ts).
 * 6. A sign of life is not sent while the link is down, nor afterwards: nobody may count the time in which it was.
 * 7. An exception in a listener and an invalid payload are reported; neither stops a subscription.
 */

import type { Bus, Delivery, Subscription } from "../bus/bus.ts";
import { Digests } from "../digests.ts";
import { type Draft, durableKey, type Message, type MessageOf, type MessageType } from "../messages.ts";
import { assertRun } from "./append.ts";
import { type Codec, createCodec } from "./codec.ts";
import { Listeners, type MessageHandler } from "./listeners.ts";
import { OpenQuestions } from "./open-questions.ts";
import { Outbox } from "./outbox.ts";
import { OwnLetters } from "./own-letters.ts";
import { type DeadLetterListener, type Letter, Reader, writeMessage } from "./reader.ts";
import type { Recorder } from "./recorder.ts";
import type { Said } from "./said.ts";
import { senderOf, subjectOf, whyImpostor } from "./sender.ts";
import { Standings } from "./standings.ts";
import { Terms } from "./terms.ts";

export type Report = (cause: unknown, message: Message) => void;

export type WireOptions = {
  readonly bus: Bus;
  readonly run: string;
  /** Sender of the messages for which `send` names none. */
  readonly from?: string;
  readonly codec?: Codec;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  readonly onHandlerError?: Report;
  /** Called for a message that cannot be sent: it is too large, the recorder refuses it, or the bus is closed. */
  readonly onSendError?: Report;
  readonly onDeadLetter?: DeadLetterListener;
  /** How long the wire waits for the recorder before it resends a durable message. */
  readonly appendTimeoutMilliseconds?: number;
  /** Default: those that this wire hears. */
  readonly terms?: Terms;
  /** Of this process: durable messages are given to it directly, in the order they are sent. */
  readonly recorder?: Pick<Recorder, "post" | "flush">;
  /** The agent that says when the link of this process is back. Default: nobody does. */
  readonly speaker?: string;
  /** Durable messages that this process has already read from the journal. */
  readonly known?: Iterable<Message>;
};

export type Heard<T extends MessageType> = { [K in T]: MessageOf<K> }[T];

export type HearOptions = {
  /** Only messages about this question, job, model or agent (`messageTopicId`). */
  readonly id?: string;
};

export type Wire = {
  readonly run: string;
  /** Number of payloads that were refused. */
  readonly deadLetters: number;
  /** Never throws: see `onSendError`. */
  send(draft: Draft, from?: string): void;
  hear<T extends MessageType>(
    types: readonly T[],
    handler: (message: Heard<T>) => void,
    options?: HearOptions,
  ): Subscription;
  hear(types: "all", handler: MessageHandler, options?: HearOptions): Subscription;
  /** Counts these durable messages as delivered, as those in `known`. */
  remember(messages: Iterable<Message>): void;
  /** Hands the listeners those durable messages of the journal that this process has missed, and then all of `others`. */
  catchUp(records: Iterable<Message>, others?: Iterable<Message>): void;
  /** Resolves once this wire receives messages that others send. */
  ready(): Promise<void>;
  /** Resolves once every durable message sent so far is recorded and published. */
  drain(): Promise<void>;
  /** Stops listening and drops the messages that are not recorded yet; the bus stays open. */
  close(): void;
};

/** Subjects of messages have six tokens; those of the recorder and of dead letters have more or fewer. */
const messagePattern = (run: string): string => `agora.${run}.*.*.*.*`;

/** From the word that somebody is back to the repetition of what it has missed: others may be back soon too [ms]. */
const pauseBeforeRepetition = 200;

/** Who counts its own signs of life to miss others must not count those that it gave while it could hear nobody. */
const isSignOfLife = (draft: Draft): boolean => draft.type === "agent.pulsed" && draft.leaves === undefined;

const warn =
  (what: string): Report =>
  (cause, message) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    process.emitWarning(`${what} ${message.type} from ${message.from}: ${reason}`, "AgoraWarning");
  };

/** An exception in a report must not reach the sender or the listener. */
const safely =
  (report: Report): Report =>
  (cause, message) => {
    try {
      report(cause, message);
    } catch (failure) {
      warn("a reporter failed on")(failure, message);
    }
  };

class BusWire implements Wire {
  readonly run: string;
  readonly #options: WireOptions;
  readonly #codec: Codec;
  readonly #clock: () => number;
  readonly #listeners = new Listeners();
  readonly #reader: Reader;
  readonly #terms: Terms;
  /** Undefined if the recorder is in this process. */
  readonly #outbox: Outbox | undefined;
  readonly #own = new OwnLetters();
  /** Undefined where no link can break, as the standings. */
  readonly #open: OpenQuestions | undefined;
  readonly #standings: Standings | undefined;
  readonly #subscription: Subscription;
  readonly #linkWatch: Subscription;
  /** Whether the link to the server is down. */
  #isCut = false;
  #repetition: NodeJS.Timeout | undefined;
  readonly #onHandlerError: Report;
  readonly #onSendError: Report;
  /** Keys of the durable messages heard. */
  readonly #heard = new Digests();

  constructor(options: WireOptions) {
    const { bus, run, onDeadLetter, appendTimeoutMilliseconds = 5_000 } = options;
    assertRun(run);
    this.run = run;
    this.#options = options;
    this.#codec = options.codec ?? createCodec({ maxBytes: bus.maxPayload });
    this.#clock = options.clock ?? Date.now;
    this.#terms = options.terms ?? new Terms();
    this.#onHandlerError = safely(options.onHandlerError ?? warn("a listener failed on"));
    this.#onSendError = safely(options.onSendError ?? warn("could not send"));
    this.#reader = new Reader({ bus, run, codec: this.#codec, onDeadLetter });
    this.remember(options.known ?? []);
    const outbox = {
      ...{ bus, run, term: this.#terms.own, timeoutMilliseconds: appendTimeoutMilliseconds },
      onLost: (cause: unknown, message: Message) => this.#onSendError(cause, message),
    };
    this.#outbox = options.recorder ? undefined : new Outbox(outbox);
    this.#open = bus.isLocal ? undefined : new OpenQuestions();
    this.#standings = bus.isLocal ? undefined : new Standings();
    this.#subscription = bus.subscribe(messagePattern(run), (delivery) => this.#receive(delivery));
    this.#linkWatch = bus.onStatus(({ type }) => {
      if (type === "disconnected" || type === "reconnected") this.#isCut = type === "disconnected";
      if (type === "reconnected") this.#sayReturned();
    });
  }

  get deadLetters(): number {
    return this.#reader.refused;
  }

  send(draft: Draft, from = this.#options.from ?? "unnamed"): void {
    if (this.#isCut && isSignOfLife(draft)) return;
    const sent = { ...draft, from, at: this.#clock() } as Message;
    try {
      const { bus } = this.#options;
      const letter = writeMessage(sent, this.#codec, bus);
      const subject = subjectOf(this.run, letter.message);
      if (letter.isValid && !bus.isLocal) this.#own.add(subject, letter);
      if (letter.isValid) this.#keep(subject, letter);
      if (durableKey(letter.message) !== undefined) (this.#outbox ?? this.#options.recorder)?.post(letter);
      else this.#publish(subject, letter);
    } catch (cause) {
      this.#onSendError(cause, sent);
    }
  }

  hear(
    types: readonly MessageType[] | "all",
    handler: (message: never) => void,
    options?: HearOptions,
  ): Subscription {
    // `Listeners` calls a handler only with the types it subscribed to.
    return this.#listeners.add(types, handler as MessageHandler, options?.id);
  }

  remember(messages: Iterable<Message>): void {
    for (const message of messages) this.#isNews(message);
  }

  catchUp(records: Iterable<Message>, others: Iterable<Message> = []): void {
    for (const message of records)
      if (durableKey(message) !== undefined && this.#isNews(message)) this.#tell(message);
    for (const message of others) this.#tell(message);
  }

  async ready(): Promise<void> {
    await this.#options.bus.flush();
  }

  async drain(): Promise<void> {
    await (this.#outbox?.drain() ?? this.#options.recorder?.flush());
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#linkWatch.unsubscribe();
    clearTimeout(this.#repetition);
    this.#listeners.clear();
    this.#outbox?.close();
    this.#own.clear();
    this.#open?.clear();
    this.#standings?.clear();
  }

  /** For those who are away. */
  #keep(subject: string, letter: Letter): void {
    this.#open?.say(subject, letter);
    this.#standings?.say(subject, letter);
  }

  #isUnheard(message: Message, delivery: Delivery): boolean {
    return (
      this.#open?.hear(message, delivery) !== false && this.#standings?.hear(message, delivery) !== false
    );
  }

  #publish(subject: string, { payload }: Letter): void {
    this.#options.bus.publish(subject, payload, this.#terms.own);
  }

  #receive(delivery: Delivery): void {
    const own = this.#own.take(delivery);
    const message = this.#reader.read(
      delivery,
      (candidate) => this.#misplaced(delivery, candidate) ?? this.#unwanted(delivery, candidate),
      own,
    );
    if (message === undefined || !this.#isNews(message) || !this.#isUnheard(message, delivery)) return;
    if (message.type === "agent.returned" && own === undefined) this.#sayAgainSoon();
    this.#tell(message);
  }

  #sayReturned(): void {
    const { speaker } = this.#options;
    if (speaker !== undefined) this.send({ type: "agent.returned", agent: speaker }, speaker);
  }

  #sayAgainSoon(): void {
    this.#repetition ??= setTimeout(() => {
      this.#repetition = undefined;
      for (const said of this.#standings?.said() ?? []) this.#sayAgain(said);
      for (const said of this.#open?.said() ?? []) this.#sayAgain(said);
    }, pauseBeforeRepetition).unref();
  }

  #sayAgain({ subject, letter }: Said): void {
    try {
      this.#publish(subject, letter);
    } catch (cause) {
      this.#onSendError(cause, letter.message);
    }
  }

  #tell(message: Message): void {
    this.#open?.endWith(message);
    this.#listeners.deliver(message, (handler) => this.#hand(handler, message));
  }

  #isNews(message: Message): boolean {
    const key = durableKey(message);
    return key === undefined || this.#heard.add(key);
  }

  #misplaced({ subject }: Delivery, message: Message): string | undefined {
    const impostor = whyImpostor(this.run, subject, message);
    if (impostor !== undefined) return impostor;
    const own = `agora.${this.run}.${senderOf(message.from)}.${message.type}.`;
    return subject.startsWith(own) ? undefined : `${message.type} does not belong on this subject`;
  }

  #unwanted({ term }: Delivery, message: Message): string | undefined {
    return durableKey(message) === undefined ? this.#terms.whyNot(message, term) : undefined;
  }

  #hand(handler: MessageHandler, message: Message): void {
    try {
      const running: unknown = handler(message);
      if (running instanceof Promise) running.catch((cause) => this.#onHandlerError(cause, message));
    } catch (cause) {
      this.#onHandlerError(cause, message);
    }
  }
}

export const createWire = (options: WireOptions): Wire => new BusWire(options);
