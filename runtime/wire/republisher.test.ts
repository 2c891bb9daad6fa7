/** What is published around a broken link, on a bus that loses what it is given meanwhile. */
import { expect, onTestFinished, test } from "vitest";
import { until } from "../bus/bus.conformance.ts";
import type { Bus, BusStatus } from "../bus/bus.ts";
import { createMemoryBus } from "../bus/bus-memory.ts";
import type { Draft } from "../messages.ts";
import { recordDurable } from "./recorder.ts";
import { createKeeper } from "./wire.fixture.ts";
import { createWire } from "./wire.ts";

/** Two buses at one server; the link of the second can break. */
const server = () => {
  const bus = createMemoryBus();
  onTestFinished(() => bus.close());
  let isWhole = true;
  const listeners = new Set<(status: BusStatus) => void>();
  const replaced: Partial<Record<string | symbol, unknown>> = {
    publish: (...given: Parameters<Bus["publish"]>) => void (isWhole && bus.publish(...given)),
    onStatus: (listener: (status: BusStatus) => void) => {
      listeners.add(listener);
      return { unsubscribe: () => void listeners.delete(listener) };
    },
  };
  const remote = (more: typeof replaced): Bus =>
    new Proxy(bus, {
      get: (target, key) => {
        if (key === "isLocal") return false;
        if (key === "connected") return isWhole;
        if (key in more) return more[key];
        const value: unknown = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  const become = (whole: boolean): void => {
    isWhole = whole;
    for (const listener of listeners) listener({ type: whole ? "reconnected" : "disconnected" });
  };
  return { near: remote({}), far: remote(replaced), become };
};

const metered = (sum: string): Draft<"call.metered"> => ({
  ...{ type: "call.metered", model: "bob", sum, role: "solver", outcome: "done" },
  ...{ calls: 1, promptTokens: 2, completionTokens: 3, seconds: 1 },
});

test("what calls have cost while the link was broken is recorded and heard, once", async () => {
  const { near, far, become } = server();
  const keeper = createKeeper();
  const recorder = recordDurable({ bus: near, run: "r", journal: keeper, onError: () => undefined });
  const [host, guest] = [near, far].map((bus) => createWire({ bus, run: "r", from: "bob" }));
  onTestFinished(() => {
    recorder.close();
    host?.close();
    guest?.close();
  });
  const heard: (string | undefined)[] = [];
  host?.hear(["call.metered"], ({ sum }) => heard.push(sum));
  guest?.send(metered("s1"));
  await until(() => heard.length === 1);
  await guest?.drain();
  become(false);
  guest?.send(metered("s2"));
  guest?.send(metered("s3"));
  let drained = false;
  void guest?.drain().then(() => {
    drained = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([heard, drained]).toEqual([["s1"], false]);
  become(true);
  await until(() => drained && heard.length === 3);
  become(false);
  become(true);
  await until(() => keeper.find("call.metered:bob:s3") !== undefined);
  expect(heard).toEqual(["s1", "s2", "s3"]);
});
