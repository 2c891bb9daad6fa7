/** Each of the paper's ten components can be switched off; the rest still works. */
import { describe, expect, test } from "vitest";
import { ofType, type Played, play, societyConfig } from "../cli/host/society.fixture.ts";
import type { ConfigInput } from "../runtime/config/config.ts";
import type { ModelCall } from "../runtime/model/model.ts";
import type { Script } from "../runtime/model/scripted.ts";

interface Watched extends Played {
  /** Model calls by role. */
  readonly calls: Readonly<Record<string, number>>;
}

/** Plays with all components but the anchor, and counts the calls by role. */
const watch = async (
  overrides: ConfigInput,
  scripts: Readonly<Record<string, Script>> = {},
): Promise<Watched> => {
  const played = await play(societyConfig({ externalAnchor: false, ...overrides }), { scripts });
  expect(played.end.outcome).toBe("finished");
  expect(played.troubles).toEqual([]);
  const calls: Record<string, number> = {};
  for (const { role, calls: metered } of ofType(played.heard, "call.metered")) {
    calls[role] = (calls[role] ?? 0) + metered;
  }
  return { ...played, calls };
};

const settledIn = ({ records }: Played) => ofType(records, "question.settled");
const wrong: Script = { solver: () => "ans 0" };

describe("validVote", () => {
  test("on: a wrong solution is refused", async () => {
    const on = await watch({}, { bee: wrong });
    const authors = settledIn(on).flatMap(({ dossier }) => dossier.verified);
    expect(authors.filter((solution) => solution.endsWith("bee")).length).toBeLessThan(4);
    expect(on.calls.verifier).toBeGreaterThan(0);
  });

  test("off: every solution counts and nobody verifies", async () => {
    const off = await watch({ validVote: false }, { bee: wrong });
    for (const { dossier } of settledIn(off)) {
      expect(dossier.verified).toEqual(dossier.solutions.map(({ solutionId }) => solutionId));
      expect(dossier.verdicts).toEqual([]);
    }
    expect(off.calls.verifier).toBeUndefined();
  });
});

describe("lora", () => {
  const eager = { bufferThreshold: 2, rounds: 3 };

  test("on: a full buffer trains", async () => {
    const { records } = await watch(eager);
    expect(ofType(records, "adapter.published").length).toBeGreaterThan(0);
  });

  test("off: the weights stay", async () => {
    const { records } = await watch({ ...eager, lora: false });
    expect(ofType(records, "training.requested")).toEqual([]);
    const adapters = ofType(records, "question.settled").flatMap(({ dossier }) => dossier.solutions);
    expect(adapters.every(({ adapter }) => adapter === 0)).toBe(true);
  });
});

describe("qualityVote", () => {
  test("on: votes move the ratings, and only authors above the mean are admitted", async () => {
    const on = await watch({});
    const last = settledIn(on).at(-1);
    expect(new Set(Object.values(last?.ratings ?? {}).map(({ mu }) => mu)).size).toBeGreaterThan(1);
    expect(last?.admissions.some(({ reason }) => reason === "not above the mean")).toBe(true);
  });

  test("off: nobody votes, all ratings are equal and every verified solution is admitted", async () => {
    const off = await watch({ qualityVote: false, rounds: 4 });
    expect(off.calls.voter).toBeUndefined();
    for (const { dossier, ratings, admissions } of settledIn(off)) {
      expect([dossier.ballots, dossier.duels]).toEqual([[], []]);
      expect(dossier.verified).toContain(dossier.winner);
      expect(new Set(Object.values(ratings).map(({ mu }) => mu)).size).toBe(1);
      const reasons = new Set(admissions.map(({ reason }) => reason));
      expect([...reasons].sort()).toEqual(["the same text as another's", "verified"]);
    }
    const authors = settledIn(off).map(({ dossier }) => dossier.winner?.split("/").at(-1));
    expect(new Set(authors).size).toBeGreaterThan(1);
  });
});

describe("eliteIcl", () => {
  const contexts = (played: Played) =>
    settledIn(played).flatMap(({ dossier }) => dossier.solutions.map(({ examples }) => examples));

  test("on: solutions are written with elite examples", async () => {
    const on = await watch({ zeroShotShare: 0 });
    expect(
      contexts(on)
        .slice(0, 6)
        .every((examples) => examples === ""),
    ).toBe(true);
    expect(
      contexts(on)
        .slice(6)
        .every((examples) => examples.includes("by head")),
    ).toBe(true);
    const [solution] = settledIn(on).at(-1)?.dossier.solutions ?? [];
    expect(solution?.exemplars.length).toBeGreaterThan(0);
  });

  test("on: a share is written without examples, and the round reports the pass rates of both", async () => {
    const on = await watch({ zeroShotShare: 0.5, rounds: 8 });
    const later = contexts(on).slice(6);
    const bare = later.filter((examples) => examples === "").length / later.length;
    expect(bare).toBeGreaterThan(0.2);
    expect(bare).toBeLessThan(0.8);
    const closed = ofType(on.records, "round.closed");
    const written = closed.map(({ withExamples, withoutExamples }) => [
      withExamples?.solutions ?? 0,
      withoutExamples?.solutions ?? 0,
    ]);
    expect(written.map(([shown = 0, none = 0]) => shown + none)).toEqual(
      closed.map(({ solutions }) => solutions),
    );
    expect(written.some(([shown = 0, none = 0]) => shown > 0 && none > 0)).toBe(true);
  });

  test("off: all solutions are zero-shot, and no explanations are requested", async () => {
    const off = await watch({ eliteIcl: false });
    expect(contexts(off).every((examples) => examples === "")).toBe(true);
    expect(ofType(off.heard, "history.updated")).toEqual([]);
    expect(off.calls.explainer).toBeUndefined();
  });
});

describe("randomQGen", () => {
  const generators = ({ records }: Played) =>
    ofType(records, "round.opened").map(({ generator }) => generator);

  test("on: the generators change", async () => {
    expect(new Set(generators(await watch({ rounds: 6, questionsPerRound: 1 }))).size).toBeGreaterThan(1);
  });

  test("off: the first model poses all questions", async () => {
    const off = await watch({ rounds: 6, questionsPerRound: 1, randomQGen: false });
    expect(new Set(generators(off))).toEqual(new Set(["ant"]));
  });
});

describe("difficultyControl", () => {
  const difficulties = ({ records }: Played) =>
    ofType(records, "round.opened").map(({ difficulty }) => difficulty);

  test("on: d_t follows Eq. 1", async () => {
    const [first, second] = difficulties(await watch({}));
    expect(first).toBe(3);
    expect(second).toBeCloseTo(3 + 2 * 0.05 * 0.5);
  });

  test("off: d_t equals d_0", async () => {
    expect(difficulties(await watch({ difficultyControl: false }))).toEqual([3, 3]);
  });
});

describe("externalAnchor", () => {
  const trained = { bufferThreshold: 2, rounds: 3 };

  test("on: members and candidates are measured", async () => {
    const { records } = await watch({ ...trained, externalAnchor: true });
    const purposes = new Set(ofType(records, "anchor.measured").map(({ purpose }) => purpose));
    expect(purposes).toEqual(new Set(["baseline", "gate", "anchor"]));
  });

  test("off: members are not measured; the gate goes on measuring candidates", async () => {
    const { records } = await watch(trained);
    const purposes = new Set(ofType(records, "anchor.measured").map(({ purpose }) => purpose));
    expect(purposes).toEqual(new Set(["gate"]));
    expect(ofType(records, "adapter.published").length).toBeGreaterThan(0);
  });
});

describe("gate", () => {
  const trained = { bufferThreshold: 2, rounds: 3, anchorEvery: 1 };

  test("off: adapters are published unmeasured, and members are measured as before", async () => {
    const { records } = await watch({ ...trained, gate: false, externalAnchor: true });
    const purposes = new Set(ofType(records, "anchor.measured").map(({ purpose }) => purpose));
    expect(purposes).toEqual(new Set(["baseline", "anchor"]));
    const [published] = ofType(records, "adapter.published");
    expect(published).toBeDefined();
    expect(published).not.toHaveProperty("before");
  });

  test("off, with the anchor off as well: nothing is measured", async () => {
    const off = await watch({ ...trained, gate: false });
    expect(ofType(off.heard, "anchor.requested")).toEqual([]);
    expect(ofType(off.records, "adapter.published").length).toBeGreaterThan(0);
  });
});

describe("explanation", () => {
  test("on: winners explain themselves", async () => {
    const on = await watch({});
    expect(on.calls.explainer).toBe(4);
    const [exemplar] = ofType(on.heard, "history.updated").at(-1)?.exemplars ?? [];
    expect(exemplar?.explanation).toBe("by head");
  });

  test("off: no explanation is requested, and the history has none", async () => {
    const off = await watch({ explanation: false });
    expect(off.calls.explainer).toBeUndefined();
    const [exemplar] = ofType(off.heard, "history.updated").at(-1)?.exemplars ?? [];
    expect(exemplar?.explanation).toBe("");
    expect(settledIn(off).every(({ dossier }) => dossier.winner !== undefined)).toBe(true);
  });
});

const switches = ({ records }: Played) =>
  ofType(records, "strategy.changed").map(({ round, after, cause }) => [round, after, cause]);

describe("dynamicStrategy", () => {
  const plateau = { plateauWindow: 2, rounds: 3, questionsPerRound: 1, strategyHold: 1 };

  test("on: a plateau switches to the elite", async () => {
    const on = await watch(plateau);
    expect(switches(on)).toEqual([[1, "elite", "no gain of 2.0% in V, or 0.1 in d, over 2 rounds"]]);
    expect(ofType(on.records, "round.opened").at(-1)?.strategy).toBe("elite");
  });

  test("on: after the switch only top-rated authors are admitted", async () => {
    const on = await watch({ ...plateau, ratingMute: false, eliteCount: 1 });
    const reasons = settledIn(on).map(({ admissions }) => admissions.map(({ reason }) => reason).toSorted());
    const elite = ["not of an elite peer", "not of an elite peer", "verified"];
    const all = ["the same text as another's", "the same text as another's", "verified"];
    expect(reasons).toEqual([all, all, elite]);
  });

  test("off: the strategy stays", async () => {
    expect(switches(await watch({ ...plateau, dynamicStrategy: false }))).toEqual([]);
  });
});

describe("fem", () => {
  /** From its fifth check on, the verifier refuses every solution: V falls from 1 to a third or less. */
  const souring = (): Script => {
    let checks = 0;
    const verdict = ({ prompt }: ModelCall) => {
      const answer = prompt.match(/ans (\d)/)?.[1];
      return checks++ < 4 ? `0+0=0:0+0=0 ans ${answer}:${answer}` : "none";
    };
    return { verifier: verdict };
  };
  const falling = { rounds: 3, questionsPerRound: 1, surpriseWindow: 2, plateauWindow: 50 };

  test("on: a surprise changes the strategy, and the message has the forecasts", async () => {
    const { records } = await watch(falling, { cat: souring() });
    const [first] = ofType(records, "strategy.changed");
    expect(first?.cause).toMatch(
      /^surprise F 0\.\d+ above 0\.04; expected: explore F .*; elite F .*; fresh F /,
    );
    expect(first?.round).toBe(2);
    expect(Object.keys(first?.expected ?? {})).toEqual(["explore", "elite", "fresh"]);
  });

  test("off: a surprise changes nothing", async () => {
    const off = await watch({ ...falling, fem: false }, { cat: souring() });
    expect(ofType(off.records, "round.closed").at(-1)?.surprise).toBeGreaterThan(0.04);
    expect(switches(off)).toEqual([]);
  });
});
