/** Each invariant holds for a sound society, and is found violated where what it leaves behind is tampered with. */
import { beforeAll, describe, expect, test } from "vitest";
import { play, societyConfig } from "../../../cli/host/society.fixture.ts";
import { afterTests } from "../../../runtime/closings.fixture.ts";
import type { Dossier, Draft, Message, MessageOf, MessageType } from "../../../runtime/messages.ts";
import { emptyLedger, foldLedger } from "../../../runtime/model/ledger.ts";
import { TwinTraining } from "../../../trainer/twin.ts";
import type { FaultKind } from "../fault.ts";
import { Trace } from "../trace.ts";
import { unmetered } from "./budget.ts";
import type { Evidence } from "./evidence.ts";
import { invariants, violationsIn } from "./invariants.ts";

let sound: Evidence;
const closer = afterTests();

beforeAll(async () => {
  const config = societyConfig({ rounds: 4, bufferThreshold: 3, externalAnchor: false }, {}, closer);
  const training = new TwinTraining();
  const { records, heard, parts } = await play(config, { training });
  const settled = heard.flatMap((message) =>
    message.type === "question.settled" ? message.dossier.question : [],
  );
  sound = {
    ...{ config, records, traces: [], trained: training.jobs, announced: new Set(settled) },
    received: new Map(parts.scripted.map(({ name, calls }) => [name, calls])),
    reported: records.reduce(foldLedger, emptyLedger).total,
  };
}, 60_000);

type Changed = (evidence: Evidence) => Evidence;

/** Changes the last record of a type. */
const change =
  <T extends MessageType>(type: T, to: (record: MessageOf<T>) => Partial<MessageOf<T>>): Changed =>
  (evidence) => {
    const place = evidence.records.findLastIndex((record) => record.type === type);
    const record = evidence.records[place] as MessageOf<T>;
    const changed = { ...record, ...to(record) } as Message;
    return { ...evidence, records: evidence.records.with(place, changed) };
  };

const changeDossier = (to: (dossier: Dossier) => Partial<Dossier>): Changed =>
  change("question.settled", ({ dossier }) => ({ dossier: { ...dossier, ...to(dossier) } }));

const without =
  (type: MessageType): Changed =>
  (evidence) => {
    const place = evidence.records.findLastIndex((record) => record.type === type);
    return { ...evidence, records: evidence.records.toSpliced(place, 1) };
  };

const twice =
  (type: MessageType, to: (record: Message) => Partial<Message> = () => ({})): Changed =>
  (evidence) => {
    const record = evidence.records.findLast((each) => each.type === type) as Message;
    return { ...evidence, records: [...evidence.records, { ...record, ...to(record) } as Message] };
  };

const adding =
  (draft: Draft): Changed =>
  (evidence) => ({
    ...evidence,
    records: [...evidence.records, { ...draft, from: "ant", at: 0 } as Message],
  });

const first = <T>([value]: readonly T[]): T => {
  if (value === undefined) throw new Error("the society lacks what the test changes");
  return value;
};

const tamperings: readonly (readonly [keyof typeof invariants, string, Changed])[] = [
  ["questions", "a question settles twice", twice("question.settled")],
  ["questions", "a settled question is lost", without("question.settled")],
  [
    "questions",
    "a round counts another number",
    change("round.closed", ({ settled }) => ({ settled: settled + 1 })),
  ],
  ["questions", "a round is missing", change("round.closed", ({ round }) => ({ round: round + 1 }))],
  ["end", "the run has no end", without("run.finished")],
  ["end", "the run ends twice", twice("run.finished")],
  [
    "votes",
    "a ballot counts twice",
    changeDossier(({ ballots }) => ({ ballots: [...ballots, first(ballots)] })),
  ],
  [
    "votes",
    "a stranger votes",
    changeDossier(({ ballots }) => ({ ballots: [...ballots, { ...first(ballots), voter: "eve" }] })),
  ],
  [
    "votes",
    "the minority wins",
    changeDossier(
      ({ duels: [duel, ...rest] }) =>
        ({
          duels: [{ ...first([duel]), outcome: duel?.outcome === "first" ? "second" : "first" }, ...rest],
        }) as Partial<Dossier>,
    ),
  ],
  [
    "votes",
    "a solution is verified without the consent of a peer",
    changeDossier(({ verdicts, verified }) => ({
      verdicts: verdicts.filter(({ solutionId }) => solutionId !== first(verified)),
    })),
  ],
  [
    "votes",
    "a refused solution is verified",
    changeDossier(({ verdicts }) => ({
      verdicts: verdicts.map((verdict) => ({ ...verdict, verdict: "refuse" as const })),
    })),
  ],
  [
    "ratings",
    "a rating moves by itself",
    change("question.settled", ({ ratings }) => ({
      ratings: { ...ratings, ant: { mu: (ratings.ant?.mu ?? 0) + 0.1, sigma: ratings.ant?.sigma ?? 1 } },
    })),
  ],
  [
    "ratings",
    "a question is rated in another order",
    (evidence) => {
      const places = evidence.records.flatMap(({ type }, place) =>
        type === "question.settled" ? place : [],
      );
      const [left = 0, right = 0] = places;
      const records = [...evidence.records];
      records[left] = evidence.records[right] as Message;
      records[right] = evidence.records[left] as Message;
      return { ...evidence, records };
    },
  ],
  [
    "buffer",
    "a sample enters without being admitted",
    change("question.settled", ({ admissions }) => ({
      admissions: admissions.map((each) => ({ ...each, admitted: !each.admitted })),
    })),
  ],
  ["buffer", "a job trains on a stranger's text", change("training.requested", () => ({ samples: ["x"] }))],
  [
    "buffer",
    "samples are trained twice",
    twice("training.requested", () => ({ job: "again@v9", generation: 9 })),
  ],
  [
    "jobs",
    "a job is run twice",
    (evidence) => ({ ...evidence, trained: [...evidence.trained, first(evidence.trained)] }),
  ],
  ["jobs", "a job ends twice", twice("adapter.published")],
  ["jobs", "a job never ends", without("adapter.published")],
  ["jobs", "two jobs make one version", twice("training.requested", () => ({ job: "again@v9" }))],
  ["jobs", "nobody has asked for a job", (evidence) => ({ ...evidence, trained: ["stray@v1"] })],
  [
    "difficulty",
    "d_{t+1} is another",
    change("round.closed", ({ nextDifficulty }) => ({ nextDifficulty: nextDifficulty + 0.01 })),
  ],
  ["difficulty", "V_t is another", change("round.closed", ({ passRate }) => ({ passRate: passRate / 2 }))],
  ["difficulty", "V_target is another", change("round.closed", ({ target }) => ({ target: target / 2 }))],
  ["budget", "a call is missing", without("call.metered")],
  ["budget", "a call counts twice", twice("call.metered")],
  [
    "budget",
    "an endpoint has received less",
    (evidence) => ({ ...evidence, received: new Map([["ant", 1]]) }),
  ],
  [
    "attribution",
    "an agent fails without a cause",
    adding({ type: "agent.failed", agent: "ant", where: "w", cause: "c" }),
  ],
  ["attribution", "a member lapses", adding({ type: "agent.lapsed", agent: "ant", failures: 3, cause: "c" })],
];

test("a sound society violates nothing, and trains", () => {
  expect(violationsIn(sound)).toEqual([]);
  expect(sound.trained.length).toBeGreaterThan(2);
  expect(unmetered(sound)).toBe(0);
});

describe.each(tamperings)("%s", (invariant, what, tamper) => {
  test(`are found violated where ${what}`, () => {
    expect(invariants[invariant](tamper(sound))).not.toEqual([]);
  });
});

test("every invariant is tampered with", () => {
  expect(new Set(tamperings.map(([invariant]) => invariant))).toEqual(new Set(Object.keys(invariants)));
});

describe("a failure in the journal", () => {
  const lapsed = adding({ type: "agent.lapsed", agent: "ant", failures: 3, cause: "c" });

  const traceOf = (
    kind: FaultKind,
    target: string,
    evidence: readonly string[],
    from = sound.records.length,
  ): Trace => {
    const trace = new Trace({ id: 1, kind, target, gap: 0, seconds: 1, count: 1 }, from);
    for (const what of evidence) trace.note(what, from);
    return trace;
  };

  const found = (trace: Trace): string[] => invariants.attribution({ ...lapsed(sound), traces: [trace] });

  test("is none where a question is void for its text, and one where its author is gone", () => {
    const voided = (reason: string): Evidence =>
      adding({
        type: "question.voided",
        question: "x",
        round: 9,
        author: "ant",
        adapter: 0,
        text: "",
        reason,
      })(sound);
    expect(invariants.attribution(voided("contaminated: a reserved problem"))).toEqual([]);
    expect(invariants.attribution(voided("ant is gone: no sign of life"))).toHaveLength(1);
  });

  test("is explained by a fault of its agent, or of the host, that has happened", () => {
    expect(found(traceOf("model stalls", "ant", ["met a call"]))).toEqual([]);
    expect(found(traceOf("host killed", "host", ["SIGKILL"]))).toEqual([]);
  });

  test("is not explained by a fault of another, by one that met nothing, or by one that came later", () => {
    expect(found(traceOf("model stalls", "bee", ["met a call"]))).toHaveLength(1);
    expect(found(traceOf("model stalls", "ant", []))).toHaveLength(1);
    expect(found(traceOf("model stalls", "ant", ["met a call"], sound.records.length + 1))).toHaveLength(1);
  });
});

test("calls that never reached the journal are counted", () => {
  const received = new Map([...sound.received].map(([name, calls]) => [name, calls + 2]));
  expect(unmetered({ ...sound, received })).toBe(2 * sound.received.size);
});
