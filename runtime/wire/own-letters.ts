/**
 * What this process has sent and will hear again from a server: it is neither unpacked nor checked a second time.
 *
 * 1. Whoever publishes the same bytes on the same subject has sent the same message.
 * 2. What does not come back is forgotten at some time: a message that is not known is read like a stranger's.
 */
import type { Delivery } from "../bus/bus.ts";
import type { Message } from "../messages.ts";
import type { Letter } from "./reader.ts";

/** More do not wait, unless they are lost. */
const most = 4096;

export class OwnLetters {
  /** By subject, oldest first. */
  readonly #sent = new Map<string, Letter[]>();
  #count = 0;

  add(subject: string, letter: Letter): void {
    if (this.#count >= most) this.clear();
    this.#count += 1;
    const others = this.#sent.get(subject);
    if (others) others.push(letter);
    else this.#sent.set(subject, [letter]);
  }

  /** The message of such a delivery, once. */
  take({ subject, payload }: Pick<Delivery, "subject" | "payload">): Message | undefined {
    const letters = this.#sent.get(subject);
    const place = letters?.findIndex((letter) => Buffer.compare(letter.payload, payload) === 0) ?? -1;
    if (letters === undefined || place < 0) return undefined;
    const [letter] = letters.splice(place, 1);
    this.#count -= 1;
    if (letters.length === 0) this.#sent.delete(subject);
    return letter?.message;
  }

  clear(): void {
    this.#sent.clear();
    this.#count = 0;
  }
}
