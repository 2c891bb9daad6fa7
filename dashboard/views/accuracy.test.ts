import { expect, test } from "vitest";
import type { MessageOf } from "../../runtime/messages.ts";
import { Accuracy } from "./accuracy.ts";

const from = "anchor";
const accuracyOf = (correct: number) => ({ correct, total: 10 });

const measured = (
  model: string,
  adapter: number,
  correct: number,
  at: number,
  purpose: MessageOf<"anchor.measured">["purpose"] = "anchor",
): MessageOf<"anchor.measured"> => ({
  ...{ type: "anchor.measured", from, at, request: `${model}${at}`, round: 0, model, adapter, purpose },
  ...{ zeroShot: accuracyOf(correct), eliteShot: accuracyOf(correct) },
});
const requested = (model: string, generation: number, at: number): MessageOf<"training.requested"> => ({
  ...{ type: "training.requested", from, at, job: `${model}${generation}`, model, generation },
  ...{ previous: 0, version: generation, samples: [] },
});
const published = (model: string, version: number, after: number | undefined, at: number) => ({
  ...({
    type: "adapter.published",
    from,
    at,
    job: `${model}${version}`,
    model,
    version,
    folder: "f",
  } as const),
  ...(after === undefined ? {} : { before: 0.5, after }),
});

const accuracyAfter = (...facts: Parameters<Accuracy["accept"]>[0][]) => {
  const accuracy = new Accuracy();
  for (const fact of facts) accuracy.accept(fact);
  return accuracy.view();
};
const start = [measured("ant", 0, 4, 1, "baseline"), measured("bee", 0, 6, 2, "baseline")] as const;

test("the base models make the first point, and their mean the first number", () => {
  const { mean, models, problems, measured: count } = accuracyAfter(...start);
  expect(mean.map(({ generation, accuracy }) => [generation, accuracy])).toEqual([[0, 0.5]]);
  expect(models.map(({ points }) => points.map(({ adapter, accuracy }) => [adapter, accuracy]))).toEqual([
    [[0, 0.4]],
    [[0, 0.6]],
  ]);
  expect([problems, count]).toEqual([10, 2]);
});

test("every member keeps its place from the start, also before it is measured", () => {
  const joined = (agent: string, member: boolean) =>
    ({
      type: "agent.joined",
      from: agent,
      at: 0,
      agent,
      kind: "model",
      chart: "c",
      model: agent,
      member,
    }) as const;
  const roster = [joined("cat", true), joined("bee", true), joined("ant", true), joined("critic", false)];
  const { models, measured: count } = accuracyAfter(...roster, measured("cat", 0, 4, 1, "baseline"));
  expect(models.map(({ model, points }) => [model, points.length])).toEqual([
    ["ant", 0],
    ["bee", 0],
    ["cat", 1],
  ]);
  expect(count).toBe(1);
});

test("a generation is one number: the mean after its last adapter", () => {
  const { mean } = accuracyAfter(
    ...start,
    ...[requested("ant", 1, 3), requested("bee", 1, 3)],
    ...[published("ant", 1, 0.8, 4), published("bee", 1, 1, 5)],
  );
  expect(mean.map(({ generation, accuracy, at }) => [generation, accuracy, at])).toEqual([
    [0, 0.5, 2],
    [1, 0.9, 5],
  ]);
});

test("a candidate that the gate measures counts only once it is published", () => {
  const gate = measured("ant", 1, 9, 3, "gate");
  expect(accuracyAfter(...start, gate).models[0]?.points).toHaveLength(1);
  const { models } = accuracyAfter(...start, gate, published("ant", 1, undefined, 4));
  expect(models[0]?.points.at(-1)).toMatchObject({ adapter: 1, accuracy: 0.9, at: 4 });
});

test("without a gate a version gets its point with its first reading", () => {
  const unread = [...start, published("ant", 1, undefined, 3)];
  expect(accuracyAfter(...unread).models[0]?.points).toHaveLength(1);
  const { models } = accuracyAfter(...unread, measured("ant", 1, 7, 5), measured("ant", 1, 8, 9));
  expect(models[0]?.points.at(-1)).toMatchObject({ adapter: 1, accuracy: 0.7, at: 5 });
});

test("after a withdrawal the line goes back to the restored version", () => {
  const withdrawn = {
    type: "adapter.withdrawn",
    from,
    at: 6,
    model: "ant",
    version: 1,
    restored: 0,
    cause: "worse",
  } as const;
  const { models } = accuracyAfter(...start, published("ant", 1, 0.9, 4), withdrawn);
  expect(models[0]?.points.at(-1)).toEqual({ at: 6, adapter: 0, accuracy: 0.4, isRestored: true });
});
