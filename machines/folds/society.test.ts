import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message, Strategy } from "../../runtime/messages.ts";
import { drive, heard, said, settings, settledOf } from "../machines.fixture.ts";
import { supervisorMachine } from "../supervisor.ts";
import {
  closingDraft,
  emptySociety,
  foldSociety,
  hasRoom,
  isPlayedOut,
  passRateOf,
  situationOf,
} from "./society.ts";
import { knownVersions } from "./weights.ts";

const fold = (...records: Message[]) => records.reduce(foldSociety(settings), emptySociety(settings));

const opened = (round: number, count: number, attempt = 0, strategy: Strategy = "explore"): Message =>
  said("round.opened", { ...{ round, attempt, generator: "ant", difficulty: 2, count, strategy } });
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
    expect(society.rounds[0]).toMatchObject({ settled: 1, voided: 1, solutions: 2, verified: 2, asked: 3 });
    expect(isPlayedOut(society)).toBe(false);
    expect(isPlayedOut(foldSociety(settings)(society, settled("e")))).toBe(true);
  });

  test("keeps its counts when it is reopened", () => {
    const society = fold(opened(0, 3), settled("a"), opened(0, 2, 1));
    expect(society.rounds[0]).toMatchObject({ attempt: 1, settled: 1, count: 3 });
  });

  test("does not count absent members without a solution", () => {
    const message = settledOf("q", ["ant", "bee"]);
    const absent = { ...message, dossier: { ...message.dossier, absent: ["bee", "cat"] } };
    expect(fold(opened(0, 1), absent).rounds[0]?.asked).toBe(2);
  });

  test("has a pass rate: verified solutions among those asked for", () => {
    const [round] = fold(opened(0, 1), settled("a")).rounds;
    expect(round && passRateOf(round)).toBeCloseTo(2 / 3);
    const [empty] = fold(opened(0, 1)).rounds;
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
    const [round] = society.rounds;
    if (round === undefined) throw new Error("no round is open");
    return heard(closingDraft(society, round, settings));
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

  test("of void questions only leaves the surprise as it was", () => {
    const byRating = { ...settings, surpriseReading: "rating" as const };
    const society = fold(opened(0, 1), settled("a"));
    const [first] = society.rounds;
    if (first === undefined) throw new Error("no round is open");
    const before = closingDraft(society, first, byRating);
    const after = [heard(before), opened(1, 1), voided("b", 1)].reduce(foldSociety(byRating), society);
    const [empty] = after.rounds;
    if (empty === undefined) throw new Error("no round is open");
    expect(closingDraft(after, empty, byRating).surprise).toBe(before.surprise);
    expect(situationOf(after, empty, byRating).surprise).toBe(before.surprise);
  });

  const change = said("strategy.changed", { round: 0, before: "explore", after: "elite", cause: "" });

  test("counts for how long the strategy has been held", () => {
    const roundsInForce = (strategy: Strategy, ...records: Message[]) => {
      const society = fold(...records, opened(9, 1, 0, strategy), settled("z", 9));
      const round = society.rounds.at(-1);
      return round && situationOf(society, round, settings).roundsInForce;
    };
    const one = [opened(0, 1), settled("a"), close(opened(0, 1), settled("a"))];
    expect([roundsInForce("explore"), roundsInForce("explore", ...one)]).toEqual([1, 2]);
    // The switch is written before the close of its round.
    const switched = [...one.slice(0, 2), change, ...one.slice(2)];
    expect(roundsInForce("elite", ...switched)).toBe(1);
    // A round that was open already says nothing of the new strategy.
    const overlapping = [opened(0, 1), settled("a"), opened(1, 1), settled("b", 1)];
    const [first, second] = [close(opened(0, 1), settled("a")), close(opened(1, 1), settled("b", 1))];
    expect(roundsInForce("elite", ...overlapping, change, first, second)).toBe(1);
  });

  test("says how old its feedback was: rounds not closed when it opened, adapter versions since its solutions", () => {
    const published = said("adapter.published", { job: "j", model: "bee", version: 2, folder: "" });
    const withdrawn = said("adapter.withdrawn", { model: "ant", version: 1, restored: 0, cause: "" });
    const plain = [opened(0, 1), opened(1, 2)];
    const fresh = fold(...plain, settled("a"), published, withdrawn);
    expect(fresh.rounds.map(({ staleness }) => staleness)).toEqual([
      { rounds: 0, adapters: 0 },
      { rounds: 1, adapters: 0 },
    ]);
    const late = foldSociety(settings)(fresh, settled("b", 1));
    expect(late.rounds[1]?.staleness).toEqual({ rounds: 1, adapters: 2 });
    expect(closingDraft(late, late.rounds[1] as never, settings).staleness).toEqual({
      rounds: 1,
      adapters: 2,
    });
  });
});

describe("rounds that overlap", () => {
  test("each count their own questions, and close for themselves", () => {
    const society = fold(opened(0, 2), settled("a"), opened(1, 2), settled("b", 1), voided("c", 0));
    expect(society.rounds).toMatchObject([
      { round: 0, settled: 1, voided: 1 },
      { round: 1, settled: 1, voided: 0 },
    ]);
    expect(isPlayedOut(society)).toBe(true);
    const [oldest] = society.rounds;
    if (oldest === undefined) throw new Error("no round is open");
    const closed = foldSociety(settings)(society, heard(closingDraft(society, oldest, settings)));
    expect(closed).toMatchObject({ roundsClosed: 1, rounds: [{ round: 1, settled: 1 }] });
    expect(isPlayedOut(closed)).toBe(false);
  });

  test("leave room for the next by their unsettled questions and their number", () => {
    const room = (overlap: number, ...records: Message[]) =>
      hasRoom(fold(...records), { ...settings, overlap, questionsPerRound: 4 });
    expect([room(0), room(0, opened(0, 4))]).toEqual([true, false]);
    const half = [opened(0, 4), settled("a"), settled("b")];
    expect([room(0.25, ...half), room(0.5, ...half), room(0, ...half)]).toEqual([false, true, false]);
    const straggling = [
      opened(0, 4),
      settled("a"),
      settled("b"),
      settled("c"),
      opened(1, 1),
      settled("d", 1),
    ];
    expect(room(0.75, ...straggling)).toBe(false);
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

test("a long run adds nothing that grows with its rounds and jobs", () => {
  const rounds = Array.from({ length: 500 }, (_, round): Message[] => {
    const job = `ant@v${round + 1}`;
    const version = round + 1;
    const society = { passRate: 0.5, difficulty: 2, target: 0.5, nextDifficulty: 2, surprise: 0 };
    const counts = { settled: 1, voided: 0, solutions: 2, verified: 1, admitted: 1 };
    return [
      opened(round, 1),
      settled(`q${round}`, round),
      said("round.closed", { round, strategy: "explore", ...society, ...counts }),
      said("training.requested", {
        job,
        model: "ant",
        generation: version,
        previous: 0,
        version,
        samples: [],
      }),
      { ...measured("ant", 5, "gate"), adapter: version } as Message,
      round % 2 === 0
        ? said("adapter.published", { job, model: "ant", version, folder: "" })
        : said("adapter.rejected", { job, model: "ant", version, before: 0.5, after: 0.1, cause: "worse" }),
    ];
  });
  const society = fold(...rounds.flat());
  expect([society.roundsClosed, society.generations.length]).toEqual([500, 500]);
  expect([society.rounds, society.jobs, society.jobGenerations]).toEqual([[], [], {}]);
  const { outcomes, standings, anchors } = society;
  expect(outcomes.length).toBeLessThanOrEqual(20);
  expect(standings).toHaveLength(settings.surpriseWindow);
  // The newest version, a candidate, was rejected.
  expect(Object.keys(anchors.versions)).toHaveLength(knownVersions - 1);
  expect(anchors.current).toEqual({ ant: { correct: 5, total: 10 } });
});
