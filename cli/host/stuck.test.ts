/** Runs that cannot get anywhere: they end soon, say why, and can be resumed. */
import { beforeAll, describe, expect, test } from "vitest";
import { loadTrueSkill } from "../../actors/rater.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { ofType, play, societyConfig } from "./society.fixture.ts";

// Large to import: not on any test's time.
beforeAll(() => loadTrueSkill(), 120_000);

const all = <Value>(value: Value) => ({ ant: value, bee: value, cat: value });
const plain = { lora: false, externalAnchor: false } as const;

const causeOf = (end: Awaited<ReturnType<typeof play>>["end"]): unknown =>
  end.outcome === "failed" ? end.cause : undefined;

describe("a run ends and says why", () => {
  test("where its members are refused for good", async () => {
    const config = societyConfig({ ...plain, rounds: 50 });
    const { end } = await play(config, { scripts: all({ generator: () => ({ fail: 401 }) }) });
    expect(String(causeOf(end))).toMatch(
      /the society cannot go on: [23] of 3 models fail for good, 2 are needed; .*HTTP 401/,
    );
    expect(exitCodeOf(causeOf(end))).toBe(4);
  });

  test("where three rounds bring nothing but void questions, and it can be resumed", async () => {
    const config = societyConfig({ ...plain, rounds: 6 });
    const same = { generator: ({ n = 1 }) => ({ text: Array.from({ length: n }, () => "1+2+3") }) } as const;
    const { end, records } = await play(config, { scripts: all(same) });
    expect(String(causeOf(end))).toMatch(/questions of 3 rounds in a row were void, \d+ of them because: /);
    expect(exitCodeOf(causeOf(end))).toBe(4);
    expect(ofType(records, "round.closed").length).toBeLessThan(6);
    const resumed = await play(config, { resume: true });
    expect(resumed.end).toEqual({ outcome: "finished", reason: "6 rounds played" });
  });
});

test("one member that is refused for good ends nothing", async () => {
  const config = societyConfig({ ...plain, rounds: 2, absentAfter: 1, taskAttempts: 1 });
  const refused = () => ({ fail: 401 });
  const roles = ["generator", "solver", "verifier", "voter", "explainer"];
  const cat = Object.fromEntries(roles.map((role) => [role, refused]));
  const { end } = await play(config, { scripts: { cat } });
  expect(end).toEqual({ outcome: "finished", reason: "2 rounds played" });
});
