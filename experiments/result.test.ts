import { expect, test } from "vitest";
import { emptyAudit } from "./audit.ts";
import { emptyCourse } from "./course.ts";
import type { Measures } from "./measures.ts";
import type { RunResult } from "./result.ts";
import { resultBlock } from "./result.ts";
import { emptyUsage } from "./usage.ts";

const blockOf = (measures: Measures, folder = "runs/r"): string => {
  const result: RunResult = {
    ...{
      run: "r",
      folder,
      end: { outcome: "finished", reason: "over" },
      measures,
      audit: emptyAudit,
      course: emptyCourse,
      jobs: [],
      usage: emptyUsage,
      measuring: "done",
    },
    ...{ updates: 1, rounds: 2, questions: 3, playSeconds: 1, seconds: 2, firstSettledSeconds: 1 },
  };
  return resultBlock(result);
};

const measures: Measures = {
  problems: 10,
  curve: [
    { generation: 0, scores: { ant: 0.5, bee: 0.5 } },
    { generation: 1, scores: { ant: 0.1, bee: 0.9 } },
    { generation: 1, withdrawn: "ant@v1", scores: { ant: 0.5, bee: 0.9 } },
  ],
  ...{ eliteBefore: {}, eliteAfter: {}, others: {}, roles: {}, unmeasured: { cat: "no connection" } },
};

test("the curve keeps what was measured before a withdrawal, and the gain is that of the weights in force", () => {
  const block = blockOf(measures);
  expect(block).toContain("50.0% → 50.0% → 70.0% (ant@v1 withdrawn)");
  expect(block).toMatch(/mean, zero-shot +50\.0% → +70\.0% +\+20\.0/);
  expect(block).toContain("cat could not be measured: no connection");
});

test("elite examples have a row where there were some, and a word where the history was empty", () => {
  const [eliteBefore, eliteAfter] = [{ ant: 0.5 }, { ant: 0.75 }];
  expect(blockOf({ ...measures, eliteBefore, eliteAfter })).toMatch(
    /elite examples +50\.0% → +75\.0% +\+25\.0/,
  );
  expect(blockOf(measures)).toMatch(/elite examples +not measured: the history was empty/);
});

test("no figure is shown if no member could be measured", () => {
  const nothing = measures.curve.map((point) => ({ ...point, scores: {} }));
  const block = blockOf({ ...measures, curve: nothing });
  expect(block).toContain("no member was measured");
  expect(block).not.toContain("%");
});

test("commands can be pasted into a shell, whatever the folder of the runs is called", () => {
  expect(blockOf(measures, "/sp ace/it's/r")).toContain(`replay r --runs '/sp ace/it'\\''s'\n`);
  expect(blockOf(measures, "/plain/r")).toContain("replay r --runs /plain\n");
});
