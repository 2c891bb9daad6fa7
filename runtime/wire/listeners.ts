/** The message listeners of this process. Finding them takes a few look-ups per message, whatever their number. */
import type { Subscription } from "../bus/bus.ts";
import { type Message, type MessageType, messageTopicId } from "../messages.ts";

export type MessageHandler = (message: Message) => void;

type Listener = { readonly handler: MessageHandler; active: boolean };

const everything = "all";

export class Listeners {
  /** By `all`, by type, or by type and topic id. A list is replaced, not changed: it may be in use. */
  readonly #lists = new Map<string, readonly Listener[]>();
  #withId = 0;

  add(types: readonly MessageType[] | "all", handler: MessageHandler, id?: string): Subscription {
    const listener: Listener = { handler, active: true };
    const keys = types === everything ? [everything] : [...new Set(types)];
    const full = id === undefined ? keys : keys.map((key) => `${key} ${id}`);
    for (const key of full) this.#lists.set(key, [...(this.#lists.get(key) ?? []), listener]);
    if (id !== undefined) this.#withId += 1;
    return { unsubscribe: () => this.#remove(listener, full, id !== undefined) };
  }

  /** Calls `hand` for each listener; a listener removed during the call is skipped. */
  deliver(message: Message, hand: (handler: MessageHandler) => void): void {
    this.#deliverTo(everything, hand);
    this.#deliverTo(message.type, hand);
    if (this.#withId === 0) return;
    const id = messageTopicId(message);
    this.#deliverTo(`${everything} ${id}`, hand);
    this.#deliverTo(`${message.type} ${id}`, hand);
  }

  clear(): void {
    for (const listener of [...this.#lists.values()].flat()) listener.active = false;
    this.#lists.clear();
    this.#withId = 0;
  }

  #deliverTo(key: string, hand: (handler: MessageHandler) => void): void {
    for (const listener of this.#lists.get(key) ?? []) if (listener.active) hand(listener.handler);
  }

  #remove(listener: Listener, keys: readonly string[], withId: boolean): void {
    if (!listener.active) return;
    listener.active = false;
    if (withId) this.#withId -= 1;
    for (const key of keys) {
      const rest = (this.#lists.get(key) ?? []).filter((other) => other !== listener);
      if (rest.length > 0) this.#lists.set(key, rest);
      else this.#lists.delete(key);
    }
  }
}
