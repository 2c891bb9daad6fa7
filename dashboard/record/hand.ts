/**
 * Durable messages that were heard since somebody began to look on: their records need not be read from the disk.
 * What is never asked for is forgotten when there is too much of it.
 */
import { durableKey, type Message } from "../../runtime/messages.ts";

const most = 2_000;

export class Hand {
  readonly #messages = new Map<string, Message>();

  put(message: Message): void {
    const key = durableKey(message);
    if (key === undefined) return;
    if (this.#messages.size >= most) this.#messages.clear();
    this.#messages.set(key, message);
  }

  /** Each is taken once. */
  readonly take = (key: string): Message | undefined => {
    const message = this.#messages.get(key);
    this.#messages.delete(key);
    return message;
  };

  clear(): void {
    this.#messages.clear();
  }
}
