/** A custom task with its prompt pack is played from a configuration file that names both. */
import { describe, expect, test } from "vitest";
import { ofType, playWith } from "../../cli/host/society.fixture.ts";
import { largest, numeralOf, worthOf } from "./numerals.ts";
import { resultOf, task } from "./roman.ts";
import { romanConfig, romanParts } from "./society.fixture.ts";

describe("Roman numerals", () => {
  test("are written and read in one spelling", () => {
    for (let value = 1; value <= largest; value += 1) expect(worthOf(numeralOf(value) ?? "")).toBe(value);
    expect([4, 9, 1994].map(numeralOf)).toEqual(["IV", "IX", "MCMXCIV"]);
    expect([0, -1, 4000, 1.5].map(numeralOf)).toEqual(Array(4).fill(undefined));
    expect(["IIII", "VX", "iv", ""].map(worthOf)).toEqual(Array(4).fill(undefined));
  });

  test("are evaluated from left to right, and every intermediate result must be one", () => {
    expect(resultOf("XIV + IX - III")).toBe("XX");
    expect(resultOf("II + III * IV")).toBe("XX");
    for (const chain of ["III - V + X", "V - V", "M * M", "V", "V +", "V / I", "IIII + I"])
      expect(resultOf(chain)).toBeUndefined();
  });
});

describe("the task", () => {
  test("grades exactly", () => {
    const problem = { id: "a", question: "II + II", answer: "IV" };
    const answers = ["IV", "iv", "IIII", "VI", undefined];
    expect(answers.map((answer) => task.grade(problem, answer))).toEqual([true, true, false, false, false]);
  });

  test("draws its problems by seed, each with its answer, and does not let them be posed", () => {
    const sets = [task.anchor(50, 1), ...task.benchmarks.map((name) => task.benchmark(name, 50, 1))];
    expect(task.anchor(50, 1)).toEqual(sets[0]);
    expect(task.anchor(50, 2)).not.toEqual(sets[0]);
    const problems = sets.flat();
    expect(new Set(problems.map(({ question }) => question)).size).toBe(150);
    for (const { question, answer } of problems) {
      expect(resultOf(question)).toBe(answer);
      expect(task.contamination(question)).toMatch(/held out/);
    }
    expect(task.contamination("III - V")).toMatch(/not a Roman numeral/);
  });
});

describe("a society on Roman numerals", () => {
  test("plays the task with its pack, and its solutions are right", async () => {
    const config = romanConfig();
    const { end, records, troubles } = await playWith(config, await romanParts(config));
    expect(end).toEqual({ outcome: "finished", reason: "2 rounds played" });
    expect(troubles).toEqual([]);
    const settled = ofType(records, "question.settled").map(({ dossier }) => dossier);
    expect(settled).toHaveLength(4);
    for (const { text, solutions, verified } of settled) {
      expect(solutions.map(({ answer }) => answer)).toEqual(Array(2).fill(task.truth(text)));
      expect(verified).toHaveLength(2);
    }
    const measured = ofType(records, "anchor.measured").map(({ zeroShot }) => zeroShot.correct);
    expect(measured.every((correct) => correct === 5)).toBe(true);
    expect(measured.length).toBeGreaterThanOrEqual(2);
  });

  test("does not verify wrong solutions", async () => {
    const config = romanConfig({ rounds: 1, externalAnchor: false });
    const wrong = { solver: () => "Guessed.\nAnswer: MMM" };
    const { records } = await playWith(config, await romanParts(config, { gemma: wrong }));
    for (const { dossier } of ofType(records, "question.settled")) {
      const right = dossier.solutions.filter(({ author }) => author === "llama");
      expect(dossier.verified).toEqual(right.map(({ solutionId }) => solutionId));
    }
  });
});
