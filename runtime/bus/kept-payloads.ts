/** Payloads of the embedded bus that are kept until their receiver is done with them: the twin of a JetStream stream. */
import type { Delivery, DeliveryHandler } from "./bus.ts";
import { Consumer } from "./delivery-queue.ts";
import { fits } from "./subjects.ts";

/** Ids that are remembered to recognise a repetition. */
const remembered = 10_000;

export class KeptPayloads {
  /** Oldest first. */
  readonly #kept = new Set<Delivery>();
  readonly #ids = new Set<string>();
  readonly #receivers = new Map<string, Consumer>();
  readonly #push: (consumer: Consumer, delivery: Delivery) => void;

  constructor(push: (consumer: Consumer, delivery: Delivery) => void) {
    this.#push = push;
  }

  add(id: string, sent: Delivery): void {
    if (this.#ids.has(id)) return;
    this.#remember(id);
    const delivery: Delivery = { ...sent, done: () => void this.#kept.delete(delivery) };
    this.#kept.add(delivery);
    for (const receiver of this.#receivers.values())
      if (isFor(receiver, sent.subject)) this.#push(receiver, delivery);
  }

  /** The receiver before gets nothing more. @returns ends the receiver; `ready` as in a `Reception`. */
  receive(pattern: string, handler: DeliveryHandler, afresh: boolean): { end(): void; ready: Promise<void> } {
    this.#end(pattern, this.#receivers.get(pattern));
    const receiver = new Consumer(pattern, handler, undefined);
    this.#receivers.set(pattern, receiver);
    const earlier = [...this.#kept].filter(({ subject }) => isFor(receiver, subject));
    if (afresh) for (const delivery of earlier) this.#kept.delete(delivery);
    const backlog = new Backlog(afresh ? 0 : earlier.length);
    for (const delivery of afresh ? [] : earlier) {
      const done = (): void => {
        delivery.done?.();
        backlog.done();
      };
      this.#push(receiver, { ...delivery, done });
    }
    const end = (): void => {
      this.#end(pattern, receiver);
      backlog.end();
    };
    return { ready: backlog.ready, end };
  }

  clear(): void {
    for (const [pattern, receiver] of this.#receivers) this.#end(pattern, receiver);
  }

  #end(pattern: string, receiver: Consumer | undefined): void {
    if (receiver === undefined) return;
    receiver.open = false;
    if (this.#receivers.get(pattern) === receiver) this.#receivers.delete(pattern);
  }

  #remember(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= remembered) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}

/** What was sent before the receiver: `ready` resolves once it is done with as many payloads, or has ended. */
export class Backlog {
  readonly #ready = Promise.withResolvers<void>();
  readonly ready = this.#ready.promise;
  #left: number;

  constructor(payloads: number) {
    this.#left = payloads;
    if (payloads <= 0) this.end();
  }

  done(): void {
    this.#left -= 1;
    if (this.#left === 0) this.end();
  }

  end(): void {
    this.#ready.resolve();
  }
}

const isFor = ({ tokens }: Consumer, subject: string): boolean => fits(tokens, subject.split("."));
