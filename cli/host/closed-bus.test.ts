/** A bus that closes for good leaves nobody to play with: the host says so and ends, and its run can be resumed. */
import { expect, test } from "vitest";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import { scriptedParts } from "./scripted-society.ts";
import { playWith, societyConfig } from "./society.fixture.ts";

test("a host whose bus is closed ends with that cause", async () => {
  const config = societyConfig({ rounds: 50 });
  const bus = createMemoryBus();
  const { end } = await playWith(config, scriptedParts(config, { bus }), { during: () => bus.close() });
  expect(end).toMatchObject({ outcome: "failed", cause: { code: "AGORA_BUS_CLOSED" } });
});
