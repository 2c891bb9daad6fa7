/**
 * What becomes of the messages that a member sends: some are repeated, swapped, lost, changed, or sent again later.
 *
 * It acts between the member and its server: the server takes them for the member's own, under its key.
 */
import { chanceOf } from "../../machines/random.ts";
import type { Forward, Relay } from "../../runtime/bus/link.fixture.ts";
import type { MessageFault } from "./fault.ts";
import { type Frame, FrameSplitter } from "./frames.ts";

interface Order {
  readonly kind: MessageFault;
  readonly seed: number;
  left: number;
  readonly onSpoiled: () => void;
}

/** Messages of the past that can be sent again. */
const remembered = 300;
/** How long a message waits for another to overtake it [ms]. */
const longestWait = 300;

/** Signs of life would meet most faults, and tell nothing. */
const isOfInterest = ({ subject }: Frame): boolean =>
  subject !== undefined && /^agora\.[^.]+\.[^.]+\./.test(subject) && !/agent\.pulsed|\.enter$/.test(subject);

/** The first byte says how the rest is read: without it no message can be decoded. */
const corrupted = ({ bytes, payloadAt }: Frame, seed: number): Buffer => {
  const changed = Buffer.from(bytes);
  const size = bytes.length - 2 - payloadAt;
  for (const place of [0, Math.floor(chanceOf(seed, size) * size)])
    changed[payloadAt + place] = (bytes[payloadAt + place] ?? 0) ^ 0xff;
  return changed;
};

export class Tampering {
  readonly #orders: Order[] = [];
  readonly #past: Buffer[] = [];
  #waiting: { readonly bytes: Buffer; readonly timer: NodeJS.Timeout } | undefined;

  /** For a connection of the member. */
  readonly relay = (): Relay => {
    const splitter = new FrameSplitter();
    return (chunk, forward) => {
      for (const frame of splitter.take(chunk)) this.pass(frame, forward);
    };
  };

  /** The next messages are spoiled. `onSpoiled` is called for each. */
  add(kind: MessageFault, count: number, seed: number, onSpoiled: () => void): void {
    this.#orders.push({ kind, left: count, seed, onSpoiled });
  }

  pass(frame: Frame, forward: Forward): void {
    if (!isOfInterest(frame)) {
      forward(frame.bytes);
      return;
    }
    const order = this.#orders.find(({ left }) => left > 0);
    if (order === undefined || !this.#canSpoil(order)) this.#pass(frame, forward);
    else this.#spoil(frame, order, forward);
    this.#past.push(frame.bytes);
    if (this.#past.length > remembered) this.#past.shift();
  }

  /** After it goes the message that waited to be overtaken. */
  #pass({ bytes }: Frame, forward: Forward): void {
    forward(bytes);
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    clearTimeout(waiting.timer);
    forward(waiting.bytes);
  }

  #canSpoil({ kind }: Order): boolean {
    if (kind === "messages reordered") return this.#waiting === undefined;
    return kind !== "messages replayed" || this.#past.length > 0;
  }

  #spoil(frame: Frame, order: Order, forward: Forward): void {
    order.left -= 1;
    order.onSpoiled();
    switch (order.kind) {
      case "messages duplicated":
        this.#pass(frame, forward);
        forward(frame.bytes);
        break;
      case "messages reordered":
        this.#hold(frame, forward);
        break;
      case "messages replayed": {
        this.#pass(frame, forward);
        const place = Math.floor(chanceOf(order.seed, order.left) * this.#past.length);
        forward(this.#past[place] ?? frame.bytes);
        break;
      }
      case "messages lost":
        break;
      case "messages corrupted":
        this.#pass({ ...frame, bytes: corrupted(frame, order.seed) }, forward);
    }
  }

  #hold({ bytes }: Frame, forward: Forward): void {
    const timer = setTimeout(() => {
      this.#waiting = undefined;
      forward(bytes);
    }, longestWait);
    this.#waiting = { bytes, timer };
  }
}
