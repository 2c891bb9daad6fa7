import { describe, expect, test } from "vitest";
import { ofType } from "../../../cli/host/society.fixture.ts";
import { baselineConfig, playBaseline } from "../baselines.fixture.ts";
import { scoreIn } from "./gra.ts";

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

test("the score of a review is the one on its last line", () => {
  expect(scoreIn("Score: 9 at first.\nScore: 6.5")).toBe(6.5);
  expect(scoreIn("**Score:** 8**")).toBeUndefined();
  expect(scoreIn("Score: 11")).toBeUndefined();
});
