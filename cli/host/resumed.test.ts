import { expect, test } from "vitest";
import { ofType, play, societyConfig } from "./society.fixture.ts";

test("a resumed run plays on from its records, and does not keep them", async () => {
  const config = societyConfig({ rounds: 3 });
  const first = await play(config, {
    during: async (run) => {
      expect(run.tools.records).toEqual([]);
      await run.stop();
    },
  });
  const second = await play(config, {
    resume: true,
    during: async (run) => expect(run.tools.records).toEqual([]),
  });
  expect(second.end).toEqual({ outcome: "finished", reason: "3 rounds played" });
  expect(second.records.slice(0, first.records.length)).toEqual(first.records);
  const rounds = ofType(second.records, "round.closed").map(({ round }) => round);
  expect(rounds).toEqual([0, 1, 2]);
});
