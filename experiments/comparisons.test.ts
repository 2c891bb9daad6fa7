import { expect, test } from "vitest";
import { sealed } from "../runtime/messages.fixture.ts";
import type { Answer, Draft } from "../runtime/messages.ts";
import { comparisonsIn } from "./comparisons.ts";

const answersOf = (right: readonly number[], samples: number): Answer[] =>
  right.flatMap((count, problem) =>
    Array.from({ length: samples }, (_, sample) => ({
      ...{ problem: `p${problem}`, sample, right: sample < count },
    })),
  );

const taken = (adapter: number, answers: Answer[]): Draft => ({
  type: "measure.taken",
  ...{ model: "ant", adapter, kind: "zero-shot", set: "aime24", size: 3, seed: 1, answers },
});

const trained: Draft[] = [
  {
    type: "training.requested",
    ...{ job: "ant@v1", model: "ant", generation: 1, version: 1, previous: 0, samples: [] },
  },
  {
    type: "adapter.published",
    ...{ job: "ant@v1", model: "ant", version: 1, folder: "", before: 0, after: 0 },
  },
];

test("several samples per problem give pass@1 and pass@k, with intervals over problems", () => {
  const before = taken(0, answersOf([0, 8, 16], 16));
  const after = taken(1, answersOf([4, 8, 16], 16));
  const [comparison] = comparisonsIn([...trained, before, after].map((draft) => sealed(draft)));
  expect(comparison).toMatchObject({
    before: { right: 24, total: 48, problems: 3 },
    after: { right: 28, total: 48, problems: 3, passAt: { 16: 1 } },
    paired: { gained: 1, lost: 0 },
  });
  expect(comparison?.before.passAt?.[16]).toBeCloseTo(2 / 3);
  expect(comparison?.paired.difference).toBeCloseTo(0.25 / 3);
  const { low = 1, high = 0 } = comparison?.after ?? {};
  expect(low).toBeLessThan(28 / 48);
  expect(high).toBeGreaterThan(28 / 48);
});

test("answers that were cut off, missing or undecided are counted", () => {
  const flawed: Answer[] = [
    { problem: "p0", right: false, flaw: "cut off" },
    { problem: "p1", right: false, flaw: "undecided", answer: "9^9^9" },
    { problem: "p2", right: true, answer: "1" },
    { problem: "p3", right: false, flaw: "cut off" },
  ];
  const [comparison] = comparisonsIn([sealed(taken(0, flawed))]);
  expect(comparison?.after).toMatchObject({ right: 1, total: 4, flaws: { "cut off": 2, undecided: 1 } });
});
