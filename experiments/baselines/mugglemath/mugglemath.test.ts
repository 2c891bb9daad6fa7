import { describe, expect, test } from "vitest";
import { ofType } from "../../../cli/host/society.fixture.ts";
import { baselineConfig, playBaseline, solutionText, truthOf, wrongFor } from "../baselines.fixture.ts";
import { equationsIn } from "./mugglemath.ts";

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
        solver: (call) => ({ text: solutionText(wrongFor(truthOf(call))) }),
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
