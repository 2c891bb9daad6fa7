/** Differences between runs: paired where both answered the same problems, wider where they did not. */
import { describe, expect, test } from "vitest";
import { said } from "../../machines/machines.fixture.ts";
import { loadConfig } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import { finalReadings } from "../final-readings.ts";
import { unpairedDifference } from "../statistics/unpaired.ts";
import { compareText } from "./compare-text.ts";
import { type ComparedRun, comparedFacts, configDifferences, differencesOf } from "./compared-runs.ts";

interface Taken {
  readonly model: string;
  /** One character per problem: 1 is right. */
  readonly marks: string;
  readonly adapter?: number;
  readonly seed?: number;
  readonly kind?: "zero-shot" | "role";
}

const taken = ({ model, marks, adapter = 0, seed = 1, kind = "zero-shot" }: Taken): Message =>
  said("measure.taken", {
    ...{ model, adapter, kind, set: "held-out", size: marks.length, seed },
    answers: [...marks].map((mark, index) => ({
      problem: kind === "role" ? `role:${index}` : `${seed}-${index}`,
      right: mark === "1",
    })),
  });
const published = (model: string): Message =>
  said("adapter.published", { job: `${model}@v1`, model, version: 1, folder: "f" });

const before = [taken({ model: "ant", marks: "0011" }), taken({ model: "bee", marks: "0101" })];

describe("the readings that count", () => {
  test("are those of the weights in force, beside the base weights on the same problems", () => {
    const records = [...before, published("ant"), taken({ model: "ant", marks: "1111", adapter: 1 })];
    expect(
      finalReadings(records).map(({ model, version, reading }) => [model, version, reading.adapter]),
    ).toEqual([
      ["ant", 1, 1],
      ["bee", 0, 0],
    ]);
  });
});

describe("differences between runs", () => {
  test("are paired by problem, for each model and for the mean", () => {
    const after = [taken({ model: "ant", marks: "1011" }), taken({ model: "bee", marks: "1101" })];
    const [group, ant] = differencesOf(before, after);
    expect(group).toMatchObject({
      ...{ model: undefined, first: 0.5, second: 0.75, difference: 0.25, pairedBy: "problems", problems: 4 },
      p: 1,
    });
    expect(ant).toMatchObject({
      model: "ant",
      first: 0.5,
      second: 0.75,
      difference: 0.25,
      pairedBy: "problems",
    });
    expect(ant?.low).toBeLessThan(0.25);
  });

  test("have wider intervals on other problems, and requests of roles with another seed are others", () => {
    const other = [taken({ model: "ant", marks: "1011", seed: 2 })];
    const [ant] = differencesOf([taken({ model: "ant", marks: "0011" })], other);
    expect(ant).toMatchObject({ difference: 0.25, pairedBy: "nothing" });
    const [role] = differencesOf(
      [taken({ model: "ant", marks: "0011", kind: "role" })],
      [taken({ model: "ant", marks: "1011", kind: "role", seed: 2 })],
    );
    expect(role?.pairedBy).toBe("nothing");
  });

  test("are paired where another seed has asked the same problems in another order", () => {
    const turned = (message: Message): Message =>
      message.type === "measure.taken"
        ? { ...message, seed: 2, answers: message.answers.toReversed() }
        : message;
    const first = [taken({ model: "ant", marks: "0011" }), taken({ model: "bee", marks: "0101" })];
    const after = [taken({ model: "ant", marks: "1011" }), taken({ model: "bee", marks: "1101" })];
    expect(differencesOf(first, after.map(turned))).toEqual(differencesOf(first, after));
  });

  test("leave out what only one run has measured", () => {
    expect(differencesOf(before, [taken({ model: "cat", marks: "1" })])).toEqual([]);
  });
});

test("the interval of independent shares is Newcombe's", () => {
  // Newcombe 1998 (Statistics in Medicine 17, p. 873), table II, (a): 56/70 against 48/80, method 10.
  const { difference, low, high } = unpairedDifference({ right: 48, total: 80 }, { right: 56, total: 70 });
  expect(difference).toBeCloseTo(0.2, 10);
  expect(low).toBeCloseTo(0.0524, 4);
  expect(high).toBeCloseTo(0.3339, 4);
});

test("only keys with different values are listed, and never names and folders", () => {
  const of = (more: object) => ({ run: "x", runsFolder: "y", seed: 1, models: [{ name: "a" }], ...more });
  expect(
    configDifferences([of({ run: "z" }), of({ seed: 2, models: [{ name: "a" }] }), of({ fem: false })]),
  ).toEqual({
    seed: [1, 2, 1],
    fem: [undefined, undefined, false],
  });
});

const runOf = (run: string, records: readonly Message[]): ComparedRun => {
  const settings = loadConfig({ env: {}, overrides: { run } });
  return { run, folder: run, config: { ...settings }, settings, records, task: undefined };
};

test("the seconds of a run are those of play: its measuring is none", () => {
  const finished = { ...said("run.finished", { rounds: 1, reason: "1 round played" }), at: 9_000 };
  const measured = { ...said("run.measured", { unmeasured: {}, interrupted: false }), at: 600_000 };
  const records = [said("round.opened", {} as never), finished, measured];
  const { runs } = comparedFacts([runOf("one", records), runOf("two", records)]);
  expect(runs.map(({ seconds }) => seconds)).toEqual([9, 9]);
});

test("the text has a line per set and model, and says where nothing was measured in both", () => {
  const text = compareText(comparedFacts([runOf("one", before), runOf("two", before), runOf("three", [])]));
  expect(text).toContain("Their configurations are the same.");
  expect(text).toMatch(/^held-out, mean +50\.0% +50\.0% +\+0\.0 +\+0\.0 to \+0\.0 +1\.0000 +4$/m);
  expect(text).toContain("three against one");
  expect(text).toContain("Nothing was measured in both.");
});
