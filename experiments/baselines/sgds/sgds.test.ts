import { describe, expect, test } from "vitest";
import { ofType } from "../../../cli/host/society.fixture.ts";
import {
  askedIn,
  baselineConfig,
  playBaseline,
  scored,
  solutionText,
  truthOf,
} from "../baselines.fixture.ts";
import { lossFrom } from "./sgds.ts";

describe("sgds", () => {
  test("after a brief experience keeps the most difficult pairs whose IFD is below 1", async () => {
    const options = { sgds: { samples: 1, keep: 0.25, experience: 0.5 } };
    const config = baselineConfig("sgds", ["ant"], { questionsPerRound: 8, options });
    const losses = [0.2, 0.9, 1.4, 1, 0.8, 0.95, 0.1, 0.5];
    const alone = 2;
    const pairs: string[] = [];
    const { records, orders } = await playBaseline(config, {
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
    expect(orders.map(({ samples, previous }) => [samples.length, previous])).toEqual([
      [4, undefined],
      [6, undefined],
    ]);
  });

  test("a loss counts the tokens of the answer only", () => {
    const scores = [undefined, -1, -2, -4].map((logprob, offset) => ({ offset, logprob }));
    expect(lossFrom(scores, 2)).toBe(3);
    expect(lossFrom(scores, 0)).toBe(7 / 3);
    expect(lossFrom(scores, 4)).toBeUndefined();
  });
});
