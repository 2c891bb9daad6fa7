/** A bus that closes for good, or whose server does not respond at the end. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import { scriptedParts } from "./scripted-society.ts";
import { playWith, sayingOf, societyConfig } from "./society.fixture.ts";

test("a host whose bus is closed ends with that cause", async () => {
  const config = societyConfig({ rounds: 50 });
  const bus = createMemoryBus();
  const { end } = await playWith(config, scriptedParts(config, { bus }), { during: () => bus.close() });
  expect(end).toMatchObject({ outcome: "failed", cause: { code: "AGORA_BUS_CLOSED" } });
});

/** Not local, and from a moment on no flush of it comes back. */
const unconfirmed = () => {
  const bus = createMemoryBus();
  let responds = true;
  const never = new Promise<void>(() => {});
  const remote = new Proxy(bus, {
    get: (target, key) => {
      if (key === "isLocal") return false;
      if (key === "flush") return () => (responds ? bus.flush() : never);
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const falls = () => {
    responds = false;
  };
  return { bus: remote, falls };
};

test("a finished run waits until its server has what is recorded, and no longer than its user", async () => {
  const config = societyConfig({ externalAnchor: false });
  const { bus, falls } = unconfirmed();
  const { said, onMessage } = sayingOf(({ type }) => type === "run.finished");
  const { end } = await playWith(config, scriptedParts(config, { bus }), {
    onMessage: (message) => {
      if (message.type === "round.closed") falls();
      onMessage(message);
    },
    during: async (run) => {
      await said;
      let isOver = false;
      void run.ended.then(() => {
        isOver = true;
      });
      await sleep(500);
      expect(isOver).toBe(false);
      await run.stop();
      expect(isOver).toBe(true);
    },
  });
  expect(end).toEqual({ outcome: "finished", reason: "2 rounds played" });
});
