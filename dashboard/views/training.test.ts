/** The buffer's fillings and the jobs' slots, computed from facts and moments. */
import { describe, expect, test } from "vitest";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { servedName } from "../../machines/folds/weights.ts";
import { said, settledOf } from "../../machines/machines.fixture.ts";
import type { Fact } from "../record/facts.ts";
import type { FeedStep } from "../record/feed.ts";
import { Picture } from "./picture.ts";

const at = (seconds: number): number => 1000 * seconds;

/** A question with one admitted solution. */
const admitted = (seconds: number): Fact => ({
  ...settledOf(`q${seconds}`, ["ant"]),
  ...{ at: at(seconds), marks: { lengths: {}, right: {} } },
});

/** Requests of one generation: each member trains on the same samples. */
const requested = (seconds: number, generation: number, samples: readonly number[]): Fact[] =>
  ["ant", "bee"].map((model) => ({
    ...said("training.requested", {
      ...{ job: servedName(model, generation), model, generation, previous: 0, version: generation },
      samples: samples.map((one) => `q${one}/ant`),
    }),
    at: at(seconds),
  }));

const pictureOf = (facts: readonly Fact[], steps: readonly FeedStep[] = [], trainingSlots = 2): Picture => {
  const picture = new Picture(societyConfig({ bufferThreshold: 3, trainingSlots }), 0);
  for (const fact of facts) picture.accept(fact);
  picture.acceptMoment({ at: 0, progress: [...steps] });
  return picture;
};

const opened: Fact = {
  ...said("round.opened", {
    ...{ round: 0, attempt: 0, generator: "ant", difficulty: 1, count: 9, strategy: "explore" },
  }),
  at: 0,
};

const secondsOf = (facts: readonly Fact[]) =>
  pictureOf(facts)
    .growth.view()
    .fillings.map(({ generation, at, seconds }) => [generation, at / 1000, seconds]);

describe("the time to fill the buffer", () => {
  const first = [admitted(10), admitted(12), admitted(25), ...requested(25, 1, [10, 12, 25])];

  test("is the time from the first sample to the threshold", () => {
    expect(secondsOf([opened, ...first])).toEqual([[1, 25, 15]]);
  });

  test("ends at the threshold, even if earlier jobs still train", () => {
    const second = [admitted(30), admitted(35), admitted(42), ...requested(90, 2, [30, 35, 42])];
    expect(secondsOf([opened, ...first, ...second])).toEqual([
      [1, 25, 15],
      [2, 42, 12],
    ]);
  });

  test("counts remaining samples, and is zero if they fill the buffer", () => {
    const more = [30, 31, 32, 33, 34, 35, 36, 37].map(admitted);
    const spent = [...requested(90, 2, [35, 36, 37]), ...requested(95, 3, [32, 33, 34])];
    const next = [admitted(100), ...requested(120, 4, [30, 31, 100])];
    expect(secondsOf([opened, ...first, ...more, ...spent, ...next])).toEqual([
      [1, 25, 15],
      [2, 32, 2],
      [3, 90, 0],
      [4, 100, 0],
    ]);
  });
});

describe("the slot of a job", () => {
  const facts = [...requested(1, 1, []), ...requested(1, 2, [])];
  const progressAt = (job: string, seconds: number, state: string, slot?: number): FeedStep => [
    at(seconds),
    ...([job, "ant", state] as const),
    ...([0, 0, 0] as const),
    slot,
  ];
  const shown = (picture: Picture) => picture.training.view().jobs.map(({ job, slot }) => [job, slot]);

  test("is the last one reported, also in states that hold a GPU after training", () => {
    const steps = [
      progressAt("ant@v1", 2, "leasing"),
      progressAt("ant@v1", 3, "training", 1),
      progressAt("ant@v1", 9, "loading", 1),
      progressAt("bee@v1", 10, "training", 0),
      progressAt("bee@v1", 11, "retrying", 0),
      progressAt("bee@v1", 12, "training", 1),
      progressAt("ant@v2", 13, "leasing"),
    ];
    expect(shown(pictureOf(facts, steps))).toEqual([
      ["ant@v1", 1],
      ["bee@v1", 1],
      ["ant@v2", undefined],
      ["bee@v2", undefined],
    ]);
  });

  test("is undefined if the feed has none, and the slot count covers all reported slots", () => {
    const steps = [progressAt("ant@v1", 3, "training"), progressAt("bee@v1", 3, "training", 3)];
    const picture = pictureOf(facts, steps, 1);
    expect(shown(picture).slice(0, 2)).toEqual([
      ["ant@v1", undefined],
      ["bee@v1", 3],
    ]);
    expect(picture.training.view().slots).toBe(4);
  });
});
