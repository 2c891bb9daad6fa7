/**
 * What an agent is about to hear: messages that arrive within one turn of the event loop are handed on together at its
 * end, in the order of their arrival; those of one type in a row are one event (machines/heard.ts).
 */
import { eventOf, type Heard } from "../machines/heard.ts";
import type { Message } from "../runtime/messages.ts";

type Row = [Message, ...Message[]];

export class Mailbox {
  readonly #hand: (event: Heard) => void;
  #rows: Row[] = [];

  constructor(hand: (event: Heard) => void) {
    this.#hand = hand;
  }

  add(message: Message): void {
    const row = this.#rows.at(-1);
    if (row?.[0].type === message.type) row.push(message);
    else if (this.#rows.push([message]) === 1) queueMicrotask(() => this.#empty());
  }

  #empty(): void {
    const rows = this.#rows;
    this.#rows = [];
    for (const row of rows) this.#hand(eventOf(row));
  }
}
