/**
 * One bus for several agents of one process: each speaks over the connection with its own key, since a NATS server binds
 * a key to one sender. All are heard over the first.
 */
import type { Bus } from "./bus.ts";

/** By the sender in a subject: `agora.<run>.<sender>.…`. */
const senderIn = (subject: string): string => subject.split(".", 3)[2] ?? "";

/** `connections`: by the sender as a token of subjects; at least one. Closing the bus closes all of them. */
export const busOfKeys = (connections: ReadonlyMap<string, Bus>): Bus => {
  const all = [...new Set(connections.values())];
  const [first] = all;
  if (first === undefined) throw new TypeError("a bus needs a connection");
  const speaker = (subject: string): Bus => connections.get(senderIn(subject)) ?? first;
  const together = async (act: (bus: Bus) => Promise<void>): Promise<void> =>
    void (await Promise.all(all.map(act)));
  return {
    isLocal: first.isLocal,
    get maxPayload() {
      return Math.min(...all.map(({ maxPayload }) => maxPayload));
    },
    get connected() {
      return all.every(({ connected }) => connected);
    },
    publish: (subject, payload, term) => speaker(subject).publish(subject, payload, term),
    request: (subject, payload, options) => speaker(subject).request(subject, payload, options),
    keep: (subject, payload, options) => speaker(subject).keep(subject, payload, options),
    receive: (pattern, handler, options) => first.receive(pattern, handler, options),
    subscribe: (pattern, handler, options) => first.subscribe(pattern, handler, options),
    onStatus: (listener) => {
      const subscriptions = all.map((bus) => bus.onStatus(listener));
      const unsubscribe = (): void => {
        for (const subscription of subscriptions) subscription.unsubscribe();
      };
      return { unsubscribe };
    },
    flush: () => together((bus) => bus.flush()),
    drain: () => together((bus) => bus.drain()),
    close: () => together((bus) => bus.close()),
  };
};
