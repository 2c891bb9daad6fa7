/**
 * What this process has said and heard about questions that have not ended, for links that break.
 *
 * 1. A message is heard once, however often it is published.
 * 2. What this process has said is kept: whoever was away asks for it.
 * 3. A question's end forgets it. Beyond `most` bytes or `mostOpen` the question that began first is forgotten.
 */
import type { Delivery } from "../bus/bus.ts";
import { durableKey, type Message, questionEndedBy, questionOf } from "../messages.ts";
import type { Letter } from "./reader.ts";
import { markOf, type Said } from "./said.ts";

/** Of what was said [bytes]. */
const most = 16 * 1024 * 1024;
/** Questions of which more are not kept. */
const mostOpen = 4096;
/** Ended questions that are remembered: what is said of them late is not kept. */
const mostEnded = 1000;

interface Exchange {
  readonly said: Said[];
  /** Marks of the payloads, by subject. */
  readonly heard: Map<string, Set<number>>;
  /** Of `said`. */
  bytes: number;
}

/** The question that a message is about; undefined for one that the journal keeps. */
const openQuestionOf = (message: Message): string | undefined =>
  durableKey(message) === undefined ? questionOf(message) : undefined;

export class OpenQuestions {
  /** The question that began first is first. */
  readonly #exchanges = new Map<string, Exchange>();
  readonly #ended = new Set<string>();
  #bytes = 0;

  /** Of what was said. */
  get bytes(): number {
    return this.#bytes;
  }

  say(subject: string, letter: Letter): void {
    const exchange = this.#exchangeOn(openQuestionOf(letter.message));
    if (exchange === undefined) return;
    const { byteLength } = letter.payload;
    exchange.said.push({ subject, letter });
    exchange.bytes += byteLength;
    this.#bytes += byteLength;
    this.#forgetOldest();
  }

  /** Whether the message of this delivery has not been heard before. */
  hear(message: Message, { subject, payload }: Pick<Delivery, "subject" | "payload">): boolean {
    const exchange = this.#exchangeOn(openQuestionOf(message));
    if (exchange === undefined) return true;
    const mark = markOf(payload);
    const marks = exchange.heard.get(subject);
    if (marks?.has(mark)) return false;
    if (marks) marks.add(mark);
    else exchange.heard.set(subject, new Set([mark]));
    return true;
  }

  /** Forgets the question that a message ends. */
  endWith(message: Message): void {
    const question = questionEndedBy(message);
    if (question === undefined) return;
    this.#forget(question);
    this.#ended.add(question);
    const [oldest] = this.#ended;
    if (this.#ended.size > mostEnded && oldest !== undefined) this.#ended.delete(oldest);
  }

  /** What this process has said, by question. */
  said(): Said[] {
    return [...this.#exchanges.values()].flatMap(({ said }) => said);
  }

  clear(): void {
    this.#exchanges.clear();
    this.#bytes = 0;
  }

  /** Undefined for no question, and for one that has ended. */
  #exchangeOn(question: string | undefined): Exchange | undefined {
    if (question === undefined || this.#ended.has(question)) return undefined;
    const known = this.#exchanges.get(question);
    if (known !== undefined) return known;
    const exchange: Exchange = { said: [], heard: new Map(), bytes: 0 };
    this.#exchanges.set(question, exchange);
    this.#forgetOldest();
    return exchange;
  }

  #forgetOldest(): void {
    for (const question of this.#exchanges.keys()) {
      const { size } = this.#exchanges;
      if (size === 1 || (size <= mostOpen && this.#bytes <= most)) break;
      this.#forget(question);
    }
  }

  #forget(question: string): void {
    this.#bytes -= this.#exchanges.get(question)?.bytes ?? 0;
    this.#exchanges.delete(question);
  }
}
