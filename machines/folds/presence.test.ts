import { describe, expect, test } from "vitest";
import { settings, solutionOf } from "../machines.fixture.ts";
import type { Work } from "../work.ts";
import type { Ended } from "../work-order.ts";
import { countFailures, lapseOf, noFailures, pauseBefore } from "./presence.ts";

const solve: Work = { kind: "solve", id: "solve:q", question: "q", text: "2+2", group: [], exemplars: [] };
const pose: Work = { kind: "pose", id: "q0-0-1", round: 0, difficulty: 1, count: 2 };
const verify: Work = {
  kind: "verify",
  id: "v",
  question: "q",
  text: "2+2",
  group: [],
  solution: solutionOf("bee"),
};
const explain: Work = {
  ...{ kind: "explain", id: "e", question: "q", text: "2+2", winner: solutionOf("ant"), remarks: [] },
};
const done = (work: Work): Ended => ({ work, outcome: "done", drafts: [] });
const failed = (work: Work, cause = "down"): Ended => ({ work, outcome: "failed", cause });
const after = (...ends: Ended[]) => countFailures(noFailures, ends);

describe("failures", () => {
  test("are counted by kind and in a row", () => {
    expect(after(failed(solve), failed(verify), failed(verify))).toEqual({ pose: 0, solve: 1, verify: 2 });
    expect(after(failed(verify), done(solve), failed(verify))).toEqual({ pose: 0, solve: 0, verify: 2 });
    expect(after(failed(verify), done(verify), failed(verify))).toEqual({ pose: 0, solve: 0, verify: 1 });
  });

  test("of work that nobody waits for do not count", () => {
    expect(after(failed(explain), failed(explain))).toEqual(noFailures);
    expect(lapseOf({ pose: 9, solve: 9, verify: 9 }, [failed(explain)], settings)).toBeUndefined();
  });

  test("lead to a lapse at the configured number", () => {
    const two = after(failed(verify), failed(verify));
    expect(lapseOf(two, [failed(verify)], settings)).toEqual({ work: verify, failures: 3, cause: "down" });
    expect(lapseOf(two, [done(verify)], settings)).toBeUndefined();
    expect(lapseOf(two, [failed(solve)], settings)).toBeUndefined();
    expect(lapseOf(two, [failed(verify)], { ...settings, absentAfter: 4 })).toBeUndefined();
  });

  test("of batches count like other failures: a single one costs only its round", () => {
    expect(lapseOf(noFailures, [failed(pose)], settings)).toBeUndefined();
    const two = after(failed(pose), failed(pose));
    expect(lapseOf(two, [failed(pose)], settings)).toEqual({ work: pose, failures: 3, cause: "down" });
  });

  test("that end together count in turn: what is done last ends their row, and with it the lapse", () => {
    const lapse = [failed(verify), failed(verify), failed(verify, "down again")];
    expect(lapseOf(noFailures, lapse, settings)).toEqual({
      ...{ work: verify, failures: 3, cause: "down again" },
    });
    expect(lapseOf(noFailures, lapse.slice(1), settings)).toBeUndefined();
    expect(lapseOf(after(...lapse.slice(1)), [done(verify), failed(verify)], settings)).toBeUndefined();
    expect(lapseOf(noFailures, [...lapse, done(verify)], settings)).toBeUndefined();
    expect(lapseOf(noFailures, [], settings)).toBeUndefined();
    expect(countFailures(after(failed(verify)), lapse)).toEqual({ pose: 0, solve: 0, verify: 4 });
    expect(after(...lapse)).toEqual(lapse.reduce((row, one) => countFailures(row, [one]), noFailures));
  });

  test("never lead to a lapse if the settings say so", () => {
    expect(
      lapseOf({ pose: 9, solve: 99, verify: 99 }, [failed(solve)], { ...settings, absentAfter: 0 }),
    ).toBeUndefined();
  });
});

test("pauses grow twofold up to a minute", () => {
  expect([0, 1, 2, 5, 6, 40].map(pauseBefore)).toEqual([1, 2, 4, 32, 60, 60]);
});
