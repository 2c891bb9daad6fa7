import { expect, test } from "vitest";
import { sealed } from "../runtime/messages.fixture.ts";
import type { Draft, Message } from "../runtime/messages.ts";
import { allFailed, jobsIn } from "./jobs.ts";

const requested = (model: string): Draft => ({
  type: "training.requested",
  ...{ job: `${model}@v1`, model, generation: 1, previous: 0, version: 1, samples: ["a", "b"] },
});
const failed = (model: string): Draft => ({
  type: "training.failed",
  ...{ job: `${model}@v1`, model, version: 1, cause: "no memory" },
});
const rejected: Draft = {
  type: "adapter.rejected",
  ...{ job: "bee@v1", model: "bee", version: 1, before: 0.5, after: 0.4, cause: "worse" },
};
const published: Draft = {
  type: "adapter.published",
  ...{ job: "bee@v1", model: "bee", version: 1, folder: "f", before: 0.5, after: 0.6, loss: 0.2 },
};
const withdrawn: Draft = {
  type: "adapter.withdrawn",
  ...{ model: "bee", version: 1, restored: 0, cause: "the anchor fell" },
};
const records = (...drafts: Draft[]): Message[] => drafts.map((draft) => sealed(draft));

test("the record of a job holds its outcome", () => {
  const [ant, bee] = jobsIn(records(requested("ant"), requested("bee"), failed("ant"), published, withdrawn));
  expect(ant).toMatchObject({ job: "ant@v1", samples: 2, outcome: "failed", cause: "no memory" });
  expect(bee).toMatchObject({ outcome: "published", before: 0.5, after: 0.6, withdrawn: "the anchor fell" });
});

test("training has failed for all if no job reached the gate", () => {
  const asked = [requested("ant"), requested("bee")];
  expect(allFailed(jobsIn(records(...asked, failed("ant"), failed("bee"))))).toBe(true);
  expect(allFailed(jobsIn(records(...asked, failed("ant"), rejected)))).toBe(false);
  expect(allFailed(jobsIn(records(...asked)))).toBe(false);
  expect(allFailed([])).toBe(false);
});
