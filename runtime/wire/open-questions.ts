/**
 * What this process has said and heard about questions that have not ended, for links that break.
 *
 * 1. A message is heard once, however often it is published.
 * 2. What this process has said is kept: whoever was away asks for it.
 * 3. A question's end forgets it. Beyond `most` bytes the question that began first is forgotten.
 */
import type { Delivery } from "../bus/bus.ts";
import { durableKey, type Message } from "../messages.ts";
import type { Letter } from "./reader.ts";

/** [bytes] */
const most = 16 * 1024 * 1024;
/** Ended questions that are remembered: what is said of them late is not kept. */
const mostEnded = 1000;

export interface Said {
  readonly subject: string;
  readonly letter: Letter;
}

interface Exchange {
  readonly said: Said[];
  /** By subject. */
  readonly heard: Map<string, Uint8Array[]>;
  bytes: number;
}

/** The question that a message is about; undefined for one that the journal keeps, or about none. */
const questionOf = (message: Message): string | undefined => {
  if (durableKey(message) !== undefined) return undefined;
  if ("question" in message) return message.question;
  return "dossier" in message ? message.dossier.question : undefined;
};

/** The question that a message ends, if any. */
const endedBy = (message: Message): string | undefined => {
  if (message.type === "question.voided") return message.question;
  const ends = message.type === "question.settled" || message.type === "question.answered";
  return ends ? message.dossier.question : undefined;
};

export class OpenQuestions {
  /** The question that began first is first. */
  readonly #exchanges = new Map<string, Exchange>();
  readonly #ended = new Set<string>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  say(subject: string, letter: Letter): void {
    const question = questionOf(letter.message);
    if (question === undefined) return;
    this.#grown(question, letter.payload)?.said.push({ subject, letter });
  }

  /** Whether the message of this delivery has not been heard before. */
  hear(message: Message, { subject, payload }: Pick<Delivery, "subject" | "payload">): boolean {
    const question = questionOf(message);
    if (question === undefined) return true;
    const known = this.#exchanges.get(question)?.heard.get(subject) ?? [];
    if (known.some((other) => Buffer.compare(other, payload) === 0)) return false;
    // The payload is a part of all that came over the link at once.
    this.#grown(question, payload)?.heard.set(subject, [...known, payload.slice()]);
    return true;
  }

  /** Forgets the question that a message ends. */
  endWith(message: Message): void {
    const question = endedBy(message);
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

  /** The exchange about a question with room for a payload; undefined once it has ended. */
  #grown(question: string, { byteLength }: Uint8Array): Exchange | undefined {
    if (this.#ended.has(question)) return undefined;
    const exchange = this.#exchanges.get(question) ?? { said: [], heard: new Map(), bytes: 0 };
    this.#exchanges.set(question, exchange);
    exchange.bytes += byteLength;
    this.#bytes += byteLength;
    for (const oldest of this.#exchanges.keys()) {
      if (this.#bytes <= most || oldest === question) break;
      this.#forget(oldest);
    }
    return exchange;
  }

  #forget(question: string): void {
    this.#bytes -= this.#exchanges.get(question)?.bytes ?? 0;
    this.#exchanges.delete(question);
  }
}
