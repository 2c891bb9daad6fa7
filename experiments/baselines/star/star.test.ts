import { describe, expect, test } from "vitest";
import { agentTypesOf } from "../../../actors/index.ts";
import { ofType } from "../../../cli/host/society.fixture.ts";
import { baselineConfig, playBaseline, solutionText, truthOf } from "../baselines.fixture.ts";

describe("star", () => {
  const isHinted = (prompt: string): boolean => prompt.includes("\n");
  const failing = {
    solver: () => solutionText("0"),
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
      bee: { ...failing, rationaliser: () => solutionText("0", 2) },
    });
    const settled = ofType(records, "question.settled");
    const fails = settled.filter(({ dossier }) => dossier.solutions.length > 2);
    expect(fails.length).toBeGreaterThan(0);
    expect(hints).toHaveLength(fails.length);
    for (const hint of hints) expect(isHinted(hint)).toBe(true);
    for (const { dossier } of fails)
      expect(dossier.verified).toEqual([
        dossier.solutions.find(({ text }) => /^\d+\+1=/.test(text))?.solutionId,
      ]);
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
