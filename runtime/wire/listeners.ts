/** The message listeners of this process. Finding them takes a few look-ups per message, whatever their number. */
import type { Subscription } from "../bus/bus.ts";
import { type Message, type MessageType, messageTopicId } from "../messages.ts";

export type MessageHandler = (message: Message) => void;

type Listener = {
  readonly handler: MessageHandler;
  /** Undefined for all types. */
  readonly types: ReadonlySet<MessageType> | undefined;
  active: boolean;
};

const everything = "all";

export class Listeners {
  /** By `all` or type. A list is replaced, not changed: it may be in use. */
  readonly #byType: Lists = new Map();
  /** By topic id: a question or a job listens for many types, and comes and goes. */
  readonly #byId: Lists = new Map();

  add(types: readonly MessageType[] | "all", handler: MessageHandler, id?: string): Subscription {
    const known = types === everything ? undefined : typesIn(types);
    const listener: Listener = { handler, types: known, active: true };
    const [lists, keys] =
      id === undefined ? [this.#byType, known ?? [everything]] : ([this.#byId, [id]] as const);
    for (const key of keys) lists.set(key, [...(lists.get(key) ?? []), listener]);
    return { unsubscribe: () => remove(listener, lists, keys) };
  }

  /** Calls `hand` for each listener; a listener removed during the call is skipped. */
  deliver(message: Message, hand: (handler: MessageHandler) => void): void {
    handTo(this.#byType.get(everything), message.type, hand);
    handTo(this.#byType.get(message.type), message.type, hand);
    if (this.#byId.size > 0) handTo(this.#byId.get(messageTopicId(message)), message.type, hand);
  }

  clear(): void {
    for (const lists of [this.#byType, this.#byId]) {
      for (const listener of [...lists.values()].flat()) listener.active = false;
      lists.clear();
    }
  }
}

type Lists = Map<string, readonly Listener[]>;

const sets = new WeakMap<readonly MessageType[], ReadonlySet<MessageType>>();

/** Agents of one kind share one list of types. */
const typesIn = (types: readonly MessageType[]): ReadonlySet<MessageType> => {
  const known = sets.get(types) ?? new Set(types);
  sets.set(types, known);
  return known;
};

const handTo = (
  listeners: readonly Listener[] | undefined,
  type: MessageType,
  hand: (handler: MessageHandler) => void,
): void => {
  if (listeners === undefined) return;
  for (const listener of listeners) {
    if (listener.active && (listener.types?.has(type) ?? true)) hand(listener.handler);
  }
};

const remove = (listener: Listener, lists: Lists, keys: Iterable<string>): void => {
  if (!listener.active) return;
  listener.active = false;
  for (const key of keys) {
    const rest = (lists.get(key) ?? []).filter((other) => other !== listener);
    if (rest.length > 0) lists.set(key, rest);
    else lists.delete(key);
  }
};
