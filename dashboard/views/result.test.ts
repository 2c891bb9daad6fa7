import { describe, expect, test } from "vitest";
import type { MeasureFact } from "../record/facts.ts";
import { Result } from "./result.ts";

const envelope = { from: "host", at: 5 };
const reading = (
  model: string,
  adapter: number,
  right: number,
  change: Partial<MeasureFact> & { readonly type?: "measure.taken" | "measure.progressed" } = {},
): MeasureFact =>
  ({
    ...{ type: "measure.taken", ...envelope, model, adapter, kind: "zero-shot", set: "in-domain" },
    ...{ size: 10, seed: 1, answers: [], asked: 10, right },
    ...change,
  }) as MeasureFact;
const planned = { type: "measure.planned", ...envelope, answers: 60 } as const;
const ended = (interrupted = false) =>
  ({ type: "run.measured", ...envelope, unmeasured: { cat: "no answer" }, interrupted }) as const;
const published = {
  type: "adapter.published",
  ...envelope,
  job: "j",
  model: "ant",
  version: 2,
  folder: "f",
} as const;

const resultAfter = (...facts: Parameters<Result["accept"]>[0][]): Result => {
  const result = new Result();
  for (const fact of facts) result.accept(fact);
  return result;
};

describe("the result of a run", () => {
  const whole = [
    ...[published, planned],
    ...[reading("ant", 0, 4), reading("ant", 2, 9), reading("bee", 0, 5), reading("ant", 1, 7)],
    ...[reading("ant", 0, 2, { set: "hard" }), reading("ant", 2, 3, { set: "hard" })],
    ...[
      reading("ant", 0, 6, { kind: "elite-shot", examples: "e" }),
      reading("ant", 2, 8, { kind: "elite-shot", examples: "e" }),
    ],
  ];

  test("compares the base with the final weights, by model and by set; a model without adapter is equal", () => {
    expect(resultAfter(...whole, ended()).view()).toEqual({
      problems: 10,
      mean: { before: 0.45, after: 0.7 },
      models: [
        { model: "ant", before: 0.4, after: 0.9 },
        { model: "bee", before: 0.5, after: 0.5 },
      ],
      sets: [
        { set: "hard", kind: "zero-shot", before: 0.2, after: 0.3 },
        { set: "in-domain", kind: "elite-shot", before: 0.6, after: 0.8 },
      ],
      unmeasured: { cat: "no answer" },
    });
  });

  test("is not there before measuring has ended, nor after it was interrupted", () => {
    expect(resultAfter(...whole).view()).toBeUndefined();
    const interrupted = resultAfter(...whole, ended(true));
    expect(interrupted.view()).toBeUndefined();
    expect(interrupted.isInterrupted).toBe(true);
  });

  test("of a run of an earlier version needs no plan and no end", () => {
    expect(resultAfter(...whole.filter(({ type }) => type !== "measure.planned")).view()?.problems).toBe(10);
  });

  test("progress counts whole readings and parts of others, each answer once", () => {
    const part = reading("bee", 0, 3, { type: "measure.progressed", asked: 4 });
    const under = resultAfter(planned, reading("ant", 0, 4), part);
    expect(under.measuring()).toEqual({ answered: 14, planned: 60 });
    expect(resultAfter(planned, part, reading("bee", 0, 5)).measuring()?.answered).toBe(10);
    expect(resultAfter(planned, ended()).measuring()).toBeUndefined();
  });

  test("a run that is extended has no result until it is measured again", () => {
    const extended = { type: "run.extended", ...envelope, rounds: 9, updates: 9 } as const;
    const result = resultAfter(...whole, ended(), extended, planned);
    expect(result.view()).toBeUndefined();
    expect(result.measuring()?.planned).toBe(60);
  });
});
