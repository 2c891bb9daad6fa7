import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message } from "../../runtime/messages.ts";
import { drive, heard, said, settings, settledOf } from "../machines.fixture.ts";
import { supervisorMachine } from "../supervisor.ts";
import { closingDraft, emptySociety, foldSociety, isPlayedOut, passRateOf, situationOf } from "./society.ts";

const fold = (...records: Message[]) => records.reduce(foldSociety(settings), emptySociety(settings));

const opened = (round: number, count: number, attempt = 0): Message =>
  said("round.opened", {
    ...{ round, attempt, generator: "ant", difficulty: 2, count, strategy: "explore" as const },
  });
const settled = (question: string, round = 0): Message => {
  const message = settledOf(question, ["ant", "bee"]);
  return { ...message, dossier: { ...message.dossier, round } };
};
const voided = (question: string, round = 0): Message =>
  said("question.voided", { question, round, author: "ant", adapter: 0, text: "", reason: "malformed" });
const measured = (model: string, correct: number, purpose: "baseline" | "anchor" | "gate"): Message =>
  said("anchor.measured", {
    ...{ request: `${purpose}:${model}`, round: 0, model, adapter: 0, purpose },
    zeroShot: { correct, total: 10 },
    eliteShot: { correct: 0, total: 10 },
  });
const requested = (job: string, generation: number): Message =>
  said("training.requested", { job, model: "ant", generation, previous: 0, version: 1, samples: [] });
const ended = (job: string): Message =>
  said("training.failed", { job, model: "ant", version: 1, cause: "crashed" });

describe("the open round", () => {
  test("counts its own questions and no others", () => {
    const society = fold(opened(0, 3), settled("a"), voided("b"), settled("c", 7), voided("d", 7));
    expect(society.round).toMatchObject({ settled: 1, voided: 1, solutions: 2, verified: 2, asked: 3 });
    expect(isPlayedOut(society)).toBe(false);
    expect(isPlayedOut(foldSociety(settings)(society, settled("e")))).toBe(true);
  });

  test("keeps its counts when it is reopened", () => {
    const society = fold(opened(0, 3), settled("a"), opened(0, 2, 1));
    expect(society.round).toMatchObject({ attempt: 1, settled: 1, count: 3 });
  });

  test("does not count absent members without a solution", () => {
    const message = settledOf("q", ["ant", "bee"]);
    const absent = { ...message, dossier: { ...message.dossier, absent: ["bee", "cat"] } };
    expect(fold(opened(0, 1), absent).round?.asked).toBe(2);
  });

  test("has a pass rate: verified solutions as a share of the requested ones", () => {
    const { round } = fold(opened(0, 1), settled("a"));
    expect(round && passRateOf(round)).toBeCloseTo(2 / 3);
    const empty = fold(opened(0, 1)).round;
    expect(empty && passRateOf(empty)).toBe(0);
  });
});

describe("jobs", () => {
  test("a generation has ended when the last of its jobs has", () => {
    const two = fold(requested("a", 1), requested("b", 1), ended("a"));
    expect([two.jobs, two.generations]).toEqual([["b"], []]);
    const none = foldSociety(settings)(two, ended("b"));
    expect([none.jobs, none.generations]).toEqual([[], [1]]);
    expect(foldSociety(settings)(none, ended("b")).generations).toEqual([1]);
  });
});

describe("a round that closes", () => {
  const close = (...records: Message[]) => {
    const society = fold(...records);
    if (society.round === undefined) throw new Error("no round is open");
    return heard(closingDraft(society, society.round, settings));
  };

  test("reports the pass rates with and without examples", () => {
    const message = settledOf("q", ["ant", "bee"]);
    const [first, ...others] = message.dossier.solutions;
    if (first === undefined) throw new Error("no solution");
    const dossier = { ...message.dossier, solutions: [{ ...first, exemplars: ["old"] }, ...others] };
    expect(close(opened(0, 1), { ...message, dossier })).toMatchObject({
      withExamples: { solutions: 1, verified: 1 },
      withoutExamples: { solutions: others.length, verified: 1 },
    });
  });

  test("counts the rounds for which the strategy is in force", () => {
    const roundsInForce = (...records: Message[]) => {
      const society = fold(...records, opened(9, 1), settled("z", 9));
      return society.round && situationOf(society, society.round, settings).roundsInForce;
    };
    const one = [opened(0, 1), settled("a"), close(opened(0, 1), settled("a"))];
    const change = said("strategy.changed", { round: 0, before: "explore", after: "elite", cause: "" });
    expect([roundsInForce(), roundsInForce(...one)]).toEqual([1, 2]);
    // The switch is recorded before its round closes.
    expect(roundsInForce(...one.slice(0, 2), change, ...one.slice(2))).toBe(1);
  });
});

test("folding a journal gives the same state as the messages one by one", () => {
  const question = fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 3 }), fc.boolean());
  const record = fc.oneof(
    fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 3 })).map((all) => opened(...all)),
    question.map(([id, round, isVoid]) => (isVoid ? voided(`q${id}`, round) : settled(`q${id}`, round))),
    fc.nat({ max: 5 }).map((job) => requested(`job${job}`, 1 + (job % 2))),
    fc.nat({ max: 5 }).map((job) => ended(`job${job}`)),
    fc
      .constantFrom<"baseline" | "anchor" | "gate">("baseline", "anchor", "gate")
      .map((purpose) => measured("ant", 5, purpose)),
  );
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), (records) => {
      const input = { settings, records: [], expected: ["ant"] };
      const lived = drive(supervisorMachine, input).send(...records);
      const restored = drive(supervisorMachine, { ...input, records });
      expect(restored.state.context.society).toEqual(lived.state.context.society);
      expect(restored.state.context.society).toEqual(fold(...records));
    }),
    { numRuns: 50 },
  );
});
