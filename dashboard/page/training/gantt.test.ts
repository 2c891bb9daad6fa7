import { describe, expect, test } from "vitest";
import type { JobView } from "../../view.ts";
import { lanesOf, rowsOf, windowOf } from "./gantt.ts";

const job = (name: string, from: number, to?: number): JobView => ({
  ...{ job: name, model: "ant", generation: 1, version: 1, samples: 4, losses: [], steps: 1 },
  spans: [to === undefined ? { state: "training", from } : { state: "done", from, to }],
});

describe("gantt", () => {
  test("spans from the first job to now while a job is running", () => {
    expect(windowOf([job("a", 1000, 3000), job("b", 2000)], 9000)).toEqual({ from: 1000, to: 9000 });
    expect(windowOf([], 5000)).toEqual({ from: 5000, to: 6000 });
  });

  test("puts each job into its slot, and jobs without a slot into a row of their own", () => {
    const jobs = [{ ...job("a", 0, 10), slot: 1 }, job("b", 0, 10), { ...job("c", 5), slot: 0 }];
    const rows = rowsOf({ slots: 2, jobs, buffer: { waiting: 0, threshold: 4 } });
    expect(rows.map(({ name, jobs: own }) => [name, own.map(({ job }) => job)])).toEqual([
      ["slot 1", ["c"]],
      ["slot 2", ["a"]],
      ["no slot", ["b"]],
    ]);
  });

  test("puts overlapping jobs into separate lanes", () => {
    const lanes = lanesOf([job("a", 0, 10), job("b", 5, 15), job("c", 10, 20)], 30);
    expect(lanes.map((lane) => lane.map(({ job }) => job))).toEqual([["a", "c"], ["b"]]);
  });
});
