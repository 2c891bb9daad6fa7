/** What calls have cost is owed: it is recorded and heard once, whatever the links of its sender and of the host do. */
import { expect, onTestFinished, test } from "vitest";
import { until } from "../bus/bus.conformance.ts";
import { type Bus, type BusStatus, timeoutError } from "../bus/bus.ts";
import { createMemoryBus } from "../bus/bus-memory.ts";
import type { Draft, Message } from "../messages.ts";
import { createCodec } from "./codec.ts";
import { recordDurable } from "./recorder.ts";
import { subjectOf } from "./sender.ts";
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
    keep: (...given: Parameters<Bus["keep"]>) =>
      isWhole ? bus.keep(...given) : Promise.reject(timeoutError(given[0], 0)),
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

test("while the link of its sender was broken", async () => {
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

test("where the server and the host come back after its sender", async () => {
  const { near, far } = server();
  const guest = createWire({ bus: far, run: "r", from: "bob" });
  guest.send(metered("s1"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const keeper = createKeeper();
  const host = createWire({ bus: near, run: "r" });
  const heard: (string | undefined)[] = [];
  host.hear(["call.metered"], ({ sum }) => heard.push(sum));
  const recorder = recordDurable({ bus: near, run: "r", journal: keeper, onError: () => undefined });
  onTestFinished(() => {
    recorder.close();
    for (const wire of [host, guest]) wire.close();
  });
  await guest.drain();
  await until(() => heard.length === 1);
  expect(keeper.find("call.metered:bob:s1")).toBeDefined();
});

test("also from an agent that sends it to all directly", async () => {
  const { near } = server();
  const keeper = createKeeper();
  const [recorder, host] = [
    recordDurable({ bus: near, run: "r", journal: keeper, onError: () => undefined, idleMilliseconds: 1 }),
    createWire({ bus: near, run: "r" }),
  ];
  onTestFinished(() => {
    recorder.close();
    host.close();
  });
  const heard: (string | undefined)[] = [];
  host.hear(["call.metered"], ({ sum }) => heard.push(sum));
  const codec = createCodec();
  for (const sum of ["s1", "s1", "s2", undefined]) {
    const message = { ...metered("s"), from: "bob", at: 1, sum } as Message;
    near.publish(subjectOf("r", message), codec.encode(message));
  }
  await until(() => keeper.transactions.flat().length >= 3);
  expect(["s1", "s2"].map((sum) => keeper.find(`call.metered:bob:${sum}`)?.type)).toEqual(
    Array(2).fill("call.metered"),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard).toEqual(["s1", "s2", undefined]);
});
