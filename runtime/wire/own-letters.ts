/**
 * What this process has sent and will hear again from a server: it is neither unpacked nor checked a second time.
 *
 * 1. Whoever publishes the same bytes on the same subject has sent the same message.
 * 2. What does not come back within `patience` is forgotten, such as a repetition of what is recorded already: a message
 *    that is not known is read like a stranger's.
 */
import type { Delivery } from "../bus/bus.ts";
import type { Message } from "../messages.ts";
import type { Letter } from "./reader.ts";

/** [ms] */
const patience = 60_000;
/** More do not wait, unless they are lost. */
const most = 4096;

interface Sent {
  readonly letter: Letter;
  /** [ms] */
  readonly at: number;
}

export class OwnLetters {
  /** By subject, that with the oldest first letter first. */
  readonly #sent = new Map<string, Sent[]>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(subject: string, letter: Letter): void {
    const at = performance.now();
    this.#forgetUntil(at - patience);
    if (this.#count >= most) this.clear();
    this.#count += 1;
    const others = this.#sent.get(subject);
    if (others) others.push({ letter, at });
    else this.#sent.set(subject, [{ letter, at }]);
  }

  /** The message of such a delivery, once. */
  take({ subject, payload }: Pick<Delivery, "subject" | "payload">): Message | undefined {
    const waiting = this.#sent.get(subject);
    const place = waiting?.findIndex(({ letter }) => Buffer.compare(letter.payload, payload) === 0) ?? -1;
    if (waiting === undefined || place < 0) return undefined;
    const [taken] = waiting.splice(place, 1);
    this.#count -= 1;
    if (waiting.length === 0) this.#sent.delete(subject);
    return taken?.letter.message;
  }

  clear(): void {
    this.#sent.clear();
    this.#count = 0;
  }

  #forgetUntil(past: number): void {
    for (const [subject, waiting] of this.#sent) {
      const kept = waiting.filter(({ at }) => at > past);
      if (kept.length === waiting.length) return;
      this.#count -= waiting.length - kept.length;
      this.#sent.delete(subject);
      if (kept.length > 0) this.#sent.set(subject, kept);
    }
  }
}
