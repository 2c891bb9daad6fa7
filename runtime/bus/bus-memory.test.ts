import { expect, test } from "vitest";
import { bytes, describeBus, until } from "./bus.conformance.ts";
import { createMemoryBus } from "./bus-memory.ts";

describeBus("the embedded bus", async (options) => createMemoryBus(options));

test("timers run while handlers keep publishing", async () => {
  const bus = createMemoryBus();
  let turns = 0;
  bus.subscribe("ring", ({ payload }) => {
    turns += 1;
    bus.publish("ring", payload);
  });
  bus.publish("ring", bytes("x"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(turns).toBeGreaterThan(1);
  await bus.close();
  const before = turns;
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(turns).toBe(before);
});

test("deliveries keep their order while more arrive", async () => {
  const bus = createMemoryBus();
  const heard: number[] = [];
  bus.subscribe("n", ({ payload }) => {
    heard.push(payload[0] ?? -1);
    if (heard.length <= 10_000) bus.publish("n", new Uint8Array([heard.length % 251]));
  });
  for (let index = 0; index < 10_000; index += 1) bus.publish("n", new Uint8Array([index % 251]));
  await until(() => heard.length === 20_000);
  const expected = Array.from(
    { length: 20_000 },
    (_, index) => (index < 10_000 ? index : index - 9_999) % 251,
  );
  expect(heard).toEqual(expected);
  await bus.close();
});
