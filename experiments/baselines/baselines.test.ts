/** What all baselines have in common: the mechanism of baseline.ts. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { agentTypesOf } from "../../actors/index.ts";
import { ofType } from "../../cli/host/society.fixture.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import { emptyUsage, foldUsage } from "../usage.ts";
import { askedIn, baselineConfig, playBaseline, scored, solutionText, truthOf } from "./baselines.fixture.ts";
import { scoreIn } from "./gra/gra.ts";
import { qualityIn } from "./magpie/magpie.ts";
import { equationsIn } from "./mugglemath/mugglemath.ts";
import { lossFrom } from "./sgds/sgds.ts";

const kinds = readdirSync(import.meta.dirname, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
const members = ["ant", "bee", "cat"];

describe.each(kinds)("%s", (kind) => {
  test("plays iterations of ordinary members, each with the adapters of the one before, to its budget", async () => {
    const { end, records, parts, orders } = await playBaseline(baselineConfig(kind, members));
    expect(end).toEqual({ outcome: "finished", reason: "2 rounds played" });
    const settled = ofType(records, "question.settled");
    const solutions = settled.flatMap(({ dossier }) =>
      dossier.solutions.map(({ adapter }) => [dossier.round, adapter]),
    );
    expect(solutions.length).toBeGreaterThan(0);
    for (const [round, adapter] of solutions) expect(adapter).toBe(round);
    expect(ofType(records, "round.opened").map(({ generator }) => generator)).toEqual([kind, kind]);
    const published = ofType(records, "adapter.published").map(({ job }) => job);
    expect(published.toSorted()).toEqual(members.flatMap((member) => [`${member}@v1`, `${member}@v2`]));
    expect(orders.map(({ job }) => job).toSorted()).toEqual(published.toSorted());

    const { total } = records.reduce(foldUsage, emptyUsage);
    expect(total.calls).toBe(parts.scripted.reduce((sum, { calls }) => sum + calls, 0));
    expect(total.completionTokens).toBeGreaterThan(0);
  });

  test("ends after its updates", async () => {
    const { end } = await playBaseline(baselineConfig(kind, members, { rounds: 9, updates: 1 }));
    expect(end).toEqual({ outcome: "finished", reason: "1 updates made" });
  });

  test("names the keys that a society's mechanisms need to be off", async () => {
    const config = baselineConfig(kind, members, { qualityVote: true, trainAfter: "samples" });
    await expect(agentTypesOf(config)).rejects.toThrow(/needs qualityVote: false, trainAfter: round/);
  });

  test("refuses keys that it does not have", async () => {
    const config = baselineConfig(kind, members, { options: { [kind]: { colour: "red" } } });
    await expect(agentTypesOf(config)).rejects.toThrow(`options.${kind}: Unrecognized key: "colour"`);
    const stray = baselineConfig(kind, members, { options: { nobody: {} } });
    await expect(agentTypesOf(stray)).rejects.toThrow("options.nobody");
  });
});

describe("isolated", () => {
  test("keeps a member's solution where more than half of all its samples agree, whatever the others do", async () => {
    const config = baselineConfig("isolated", ["ant", "bee"], { rounds: 1 });
    const { records } = await playBaseline(config, {
      ant: {
        solver: (call) => ({
          text: Array.from({ length: 32 }, (_, index) =>
            solutionText(index < 17 ? 4 : truthOf(call) + 1, index % 9),
          ),
        }),
      },
      bee: {
        solver: () => ({
          text: Array.from({ length: 32 }, (_, index) => (index < 16 ? solutionText(3, index % 9) : "?")),
        }),
      },
    });
    for (const { dossier, admissions } of ofType(records, "question.settled")) {
      expect(dossier.solutions).toHaveLength(32 + 16);
      const kept = dossier.solutions.filter(({ solutionId }) => dossier.verified.includes(solutionId));
      expect(kept.map(({ author, answer, text }) => [author, answer, text])).toEqual([
        ["ant", "4", solutionText(4)],
      ]);
      expect(admissions.filter(({ admitted }) => admitted)).toHaveLength(1);
    }
    expect(ofType(records, "training.requested").map(({ model }) => model)).toEqual(["ant"]);
  });

  test("is played by a group of one", async () => {
    const { end, records } = await playBaseline(baselineConfig("isolated", ["ant"]));
    expect(end.outcome).toBe("finished");
    expect(ofType(records, "adapter.published").map(({ job }) => job)).toEqual(["ant@v1", "ant@v2"]);
    expect(ofType(records, "agent.failed")).toEqual([]);
  });
});

describe("star", () => {
  const isHinted = (prompt: string): boolean => prompt.includes("\n");
  const failing = {
    solver: () => solutionText(0),
    "*": () => "",
  };

  test("keeps what is right, and rationalises failures with the answer as a hint that is not trained on", async () => {
    const config = baselineConfig("star", ["ant", "bee"], { rounds: 1, questionsPerRound: 12 });
    const hints: string[] = [];
    const { records, orders } = await playBaseline(config, {
      ant: {
        ...failing,
        rationaliser: (call) => {
          hints.push(call.prompt);
          return solutionText(truthOf(call), 1);
        },
      },
      bee: { ...failing, rationaliser: () => solutionText(0, 2) },
    });
    const settled = ofType(records, "question.settled");
    const fails = settled.filter(({ dossier }) => dossier.solutions.length > 2);
    expect(fails.length).toBeGreaterThan(0);
    expect(hints).toHaveLength(fails.length);
    for (const hint of hints) expect(isHinted(hint)).toBe(true);
    for (const { dossier } of fails)
      expect(dossier.verified).toEqual([dossier.solutions.find(({ text }) => /^1\+/.test(text))?.solutionId]);
    const ofAnt = orders.find(({ model }) => model === "ant");
    expect(ofAnt?.samples).toHaveLength(12);
    for (const { prompt } of ofAnt?.samples ?? []) expect(isHinted(prompt)).toBe(false);
  });

  test("trains the base anew in every iteration", async () => {
    const { orders } = await playBaseline(baselineConfig("star", ["ant"]));
    expect(orders.map(({ job, previous }) => [job, previous])).toEqual([
      ["ant@v1", undefined],
      ["ant@v2", undefined],
    ]);
    await expect(agentTypesOf(baselineConfig("star", ["ant"], { loraFrom: "adapter" }))).rejects.toThrow(
      "star needs loraFrom: base",
    );
  });
});

describe("dart", () => {
  /** Right in `rights` of every eight choices, each with another text. */
  const solving = (rights: number) => {
    let drawn = 0;
    return (call: Parameters<typeof askedIn>[0]) => ({
      text: Array.from({ length: call.n ?? 1 }, (_, index) => {
        drawn += 1;
        const wrong = index % 8 < rights ? 0 : 1;
        return `${drawn % 10}+${Math.floor(drawn / 10) % 10}=${(truthOf(call) + wrong) % 10} ans ${(truthOf(call) + wrong) % 10}`;
      }),
    });
  };
  const keptOf = async (allocation: "uniform" | "prop2diff", rights: readonly number[]) => {
    const options = { dart: { allocation, share: 6, most: 64 } };
    const config = baselineConfig("dart", ["ant"], { rounds: 1, questionsPerRound: rights.length, options });
    const scripts = new Map<string, ReturnType<typeof solving>>();
    const { records } = await playBaseline(config, {
      ant: {
        solver: (call) => {
          const asked = askedIn(call);
          if (call.n === undefined || call.n === 1) return solutionText(truthOf(call));
          const script = scripts.get(asked) ?? solving(rights[scripts.size] ?? 0);
          scripts.set(asked, script);
          return script(call);
        },
      },
    });
    const byText = new Map(
      ofType(records, "question.settled").map(({ dossier }) => [
        dossier.text,
        [dossier.verified.length, dossier.solutions.length],
      ]),
    );
    return [...scripts.keys()].slice(0, rights.length).map((asked) => byText.get(asked));
  };

  test("prop2diff keeps right solutions in proportion to the fail rate, and draws until it has them", async () => {
    // Fail rates 0, 1/2 and 3/4: shares 1, 4 and 6.
    expect(await keptOf("prop2diff", [8, 4, 2])).toEqual([
      [1, 8],
      [4, 8],
      [6, 24],
    ]);
  });

  test("uniform keeps the same number of each, within its draws", async () => {
    expect(await keptOf("uniform", [8, 2, 0])).toEqual([
      [6, 8],
      [6, 24],
      [0, 64],
    ]);
  });
});

describe("gra", () => {
  const chains = (seed: number) => {
    let posed = seed;
    return () => `${posed % 10}+${(posed++ >> 3) % 10}*${seed}-${posed % 7}+${(posed * 7) % 10}`;
  };
  const judging =
    (accepts: boolean, of = 4) =>
    (call: { readonly n?: number | undefined }) => ({
      text: Array.from({ length: call.n ?? 1 }, (_, index) =>
        index < of === accepts ? "1+2=3:1+2=3 ans 3:3" : "none",
      ),
    });

  test("keeps what reviewers agree on, and lets an adjudicator decide where they conflict", async () => {
    const config = baselineConfig("gra", ["ant", "bee", "cat", "dog"], { rounds: 1, questionsPerRound: 24 });
    const script = (seed: number, accepts: boolean, adjudicates: boolean) => ({
      generator: chains(seed),
      ...{ reviewer: judging(accepts), adjudicator: judging(adjudicates) },
    });
    const { records } = await playBaseline(config, {
      ...{ ant: script(1, true, true), bee: script(2, true, false) },
      ...{ cat: script(3, false, true), dog: script(4, false, false) },
    });
    const settled = ofType(records, "question.settled");
    expect(settled.length).toBeGreaterThan(12);
    const metered = ofType(records, "call.metered");
    expect(new Set(metered.map(({ role }) => role))).toContain("adjudicator");
    const outcomes = settled.map(({ dossier: { verdicts, verified, author } }) => {
      const accepted = verdicts.filter(({ verdict }) => verdict === "accept").length;
      expect(verdicts).toHaveLength(2);
      expect(verdicts.map(({ verifier }) => verifier)).not.toContain(author);
      return [accepted, verified.length, [author, ...verdicts.map(({ verifier }) => verifier)]] as const;
    });
    for (const [accepted, kept, taken] of outcomes) {
      const adjudicator = ["ant", "bee", "cat", "dog"].find((member) => !taken.includes(member));
      const adjudged = adjudicator === "ant" || adjudicator === "cat" ? 1 : 0;
      expect(kept).toBe(accepted === 2 ? 1 : accepted === 0 ? 0 : adjudged);
    }
    expect(new Set(outcomes.map(([accepted]) => accepted))).toEqual(new Set([0, 1, 2]));
    expect(new Set(settled.map(({ dossier }) => dossier.author)).size).toBe(4);
  });

  test("needs three members: with fewer its rounds are void, with the reason", async () => {
    const { end, records } = await playBaseline(baselineConfig("gra", ["ant", "bee"], { rounds: 1 }));
    expect(end.outcome).toBe("finished");
    expect(ofType(records, "question.voided").map(({ reason }) => reason)).toEqual(
      Array(4).fill("gra has 2 members. Fix: list at least three models."),
    );
  });
});

describe("mugglemath", () => {
  test("answers a problem and five rewrites, and keeps one path of each list of equations", async () => {
    const config = baselineConfig("mugglemath", ["ant", "bee"], { rounds: 1, questionsPerRound: 12 });
    const { records } = await playBaseline(config, {
      ant: {
        rewriter: (() => {
          let posed = 100;
          return () => `${String(posed++).split("").join("+")}-3*4`;
        })(),
        solver: (call) => ({ text: [0, 1, 1, 2].map((step) => solutionText(truthOf(call), step)) }),
      },
      bee: {
        rewriter: (() => {
          let posed = 500;
          return () => `${String(posed++).split("").join("+")}-3*4`;
        })(),
        solver: (call) => ({ text: solutionText(truthOf(call) + 1) }),
      },
    });
    const settled = ofType(records, "question.settled").map(({ dossier }) => dossier);
    const originals = settled.filter(({ author }) => author === "mugglemath");
    expect(settled).toHaveLength(12);
    expect(originals).toHaveLength(2);
    const keptBy = (dossier: (typeof settled)[number], member: string) =>
      dossier.solutions.filter(
        ({ author, solutionId }) => author === member && dossier.verified.includes(solutionId),
      ).length;
    expect(originals.map((dossier) => [keptBy(dossier, "ant"), keptBy(dossier, "bee")])).toEqual([
      [3, 0],
      [3, 0],
    ]);
    const rewrites = settled.filter((dossier) => !originals.includes(dossier));
    expect(rewrites.map((dossier) => [keptBy(dossier, "ant"), keptBy(dossier, "bee")])).toEqual(
      Array(10).fill([3, 1]),
    );
  });
});

test("equations are read with and without spaces, and words are not part of them", () => {
  expect(equationsIn("First 2 + 3 = 5, so 5*4=20 apples; x = 7.")).toBe("2+3=5|5*4=20");
  expect(equationsIn("ans 4")).toBe("");
});

test("the score of a review is the one on its last line", () => {
  expect(scoreIn("Score: 9 at first.\nScore: 6.5")).toBe(6.5);
  expect(scoreIn("**Score:** 8**")).toBeUndefined();
  expect(scoreIn("Score: 11")).toBeUndefined();
});

describe("magpie", () => {
  test("draws an instruction from the bare pre-query, answers and tags it, and keeps what is good and new", async () => {
    const options = { magpie: { preQuery: "<|user|>", stop: ["<|end|>"] } };
    const config = baselineConfig("magpie", ["ant", "bee"], { rounds: 1, questionsPerRound: 6, options });
    const asked: ModelCall[] = [];
    const instructing = (texts: string[]) => (call: ModelCall) => {
      asked.push(call);
      return texts.shift() ?? "";
    };
    const { records } = await playBaseline(config, {
      ant: { instruction: instructing(["1+2+3", "1+2+3", "tell me a joke"]) },
      bee: {
        instruction: instructing(["4+5-6", "7*7+1", "8*2-9"]),
        tagger: ({ prompt }) => (prompt.includes("7*7") ? "none" : "1+2=3:1+2=3 ans 3:3"),
      },
    });
    for (const { form, prompt, stop } of asked)
      expect([form, prompt, stop]).toEqual(["text", "<|user|>", ["<|end|>"]]);
    expect(ofType(records, "question.voided").map(({ author, reason }) => [author, reason])).toEqual([
      ["ant", "duplicate"],
      ["ant", "malformed"],
    ]);
    const settled = ofType(records, "question.settled").map(({ dossier }) => dossier);
    expect(settled.map(({ text, author, verified }) => [text, author, verified.length])).toEqual([
      ["1+2+3", "ant", 1],
      ["4+5-6", "bee", 1],
      ["7*7+1", "bee", 0],
      ["8*2-9", "bee", 1],
    ]);
    expect(settled[2]?.remarks).toMatchObject([{ author: "bee", kind: "tags", text: "none" }]);
    const tokens = ofType(records, "call.metered").filter(({ role }) => role === "instruction");
    expect(tokens.reduce((sum, { calls }) => sum + calls, 0)).toBe(6);
  });

  test("reads the quality of a tag", () => {
    expect(qualityIn("Difficulty: easy\nQuality: Excellent.")).toBe("excellent");
    expect(qualityIn("**Quality:** very poor")).toBe("very poor");
    expect(qualityIn("The quality is fine")).toBeUndefined();
  });
});

describe("sgds", () => {
  test("after a brief experience keeps the most difficult pairs whose IFD is below 1", async () => {
    const options = { sgds: { samples: 1, keep: 0.25, experience: 0.5 } };
    const config = baselineConfig("sgds", ["ant"], { questionsPerRound: 8, options });
    const losses = [0.2, 0.9, 1.4, 1, 0.8, 0.95, 0.1, 0.5];
    const alone = 2;
    const pairs: string[] = [];
    const { records } = await playBaseline(config, {
      ant: {
        solver: (call) =>
          solutionText(truthOf(call), call.n === undefined ? 0 : Number(askedIn(call).length % 10)),
        scorer: ({ prompt, form }) => {
          expect(form).toBe("score");
          if (!prompt.includes("?")) return scored(prompt, alone);
          return scored(prompt, alone * (losses[pairs.push(prompt) - 1] ?? 0));
        },
      },
    });
    const keptIn = (round: number) =>
      ofType(records, "question.settled").flatMap(({ dossier }) =>
        dossier.round === round && dossier.verified.length > 0 ? [dossier.text] : [],
      );
    expect(keptIn(0)).toHaveLength(4);
    const questions = pairs.map((pair) => pair.match(/([^\n?]+)\?/)?.[1]);
    expect(new Set(keptIn(1))).toEqual(new Set([questions[1], questions[5]]));
  });

  test("a loss counts the tokens of the answer only", () => {
    const scores = [undefined, -1, -2, -4].map((logprob, offset) => ({ offset, logprob }));
    expect(lossFrom(scores, 2)).toBe(3);
    expect(lossFrom(scores, 0)).toBe(7 / 3);
    expect(lossFrom(scores, 4)).toBeUndefined();
  });
});
