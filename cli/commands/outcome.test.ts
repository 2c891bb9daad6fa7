import { expect, test } from "vitest";
import { emptyAudit } from "../../experiments/audit.ts";
import { emptyCourse } from "../../experiments/course.ts";
import type { JobRecord } from "../../experiments/jobs.ts";
import type { Measures } from "../../experiments/measures.ts";
import type { RunResult } from "../../experiments/result.ts";
import { resultBlock } from "../../experiments/result.ts";
import { emptyUsage } from "../../experiments/usage.ts";
import { outcomeCode } from "./run.ts";

const finished: RunResult = {
  ...{ run: "r", folder: "runs/r", end: { outcome: "finished", reason: "over" } },
  ...{ measures: undefined, measuring: "none", audit: emptyAudit, course: emptyCourse },
  ...{ jobs: [], usage: emptyUsage, updates: 0, rounds: 1, questions: 1 },
  ...{ playSeconds: 1, seconds: 1, firstSettledSeconds: 1 },
};
const job: JobRecord = {
  ...{ job: "ant@v1", model: "ant", generation: 1, version: 1, samples: 4, rehearsed: 0 },
  ...{ outcome: "failed", cause: "no module named peft" },
};
const nobody: Measures = {
  ...{ problems: 1, curve: [{ generation: 0, scores: {} }], eliteBefore: {}, eliteAfter: {} },
  ...{ others: {}, roles: {}, unmeasured: { ant: "gone" } },
};

test("a run's exit code tells how it ended", () => {
  expect(outcomeCode(finished)).toBe(0);
  expect(outcomeCode({ ...finished, end: { outcome: "stopped" } })).toBe(130);
  expect(outcomeCode({ ...finished, measuring: "interrupted" })).toBe(130);
  expect(outcomeCode({ ...finished, end: { outcome: "failed", cause: new Error("disk full") } })).toBe(1);
  const stuck = Object.assign(new Error("stuck"), { code: "AGORA_STUCK" });
  expect(outcomeCode({ ...finished, end: { outcome: "failed", cause: stuck } })).toBe(4);
  expect(outcomeCode({ ...finished, jobs: [job] })).toBe(5);
  expect(outcomeCode({ ...finished, jobs: [job, { ...job, job: "bee@v1", outcome: "rejected" }] })).toBe(0);
  expect(outcomeCode({ ...finished, measures: nobody, measuring: "done" })).toBe(6);
});

test("the result says that training failed, why, and what to do next", () => {
  const block = resultBlock({ ...finished, jobs: [job], updates: 3 });
  expect(block).toContain("Training failed for every member: no module named peft");
  expect(block).toContain("npm run agora -- report r");
  expect(block).toContain("npm run agora -- replay r");
  expect(block).toContain("npm run agora -- resume r -s updates=6");
  const elsewhere = resultBlock({
    ...{ ...finished, folder: "/data/r", rounds: 20 },
    end: { outcome: "finished", reason: "20 rounds played" },
  });
  expect(elsewhere).toContain("npm run agora -- resume r --runs /data -s rounds=40");
});
