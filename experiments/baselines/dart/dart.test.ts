import { describe, expect, test } from "vitest";
import { ofType } from "../../../cli/host/society.fixture.ts";
import {
  askedIn,
  baselineConfig,
  playBaseline,
  solutionText,
  truthOf,
  wrongFor,
} from "../baselines.fixture.ts";

describe("dart", () => {
  /** Right in `rights` of every eight choices, each with another text. */
  const solving = (rights: number) => {
    let drawn = 0;
    return (call: Parameters<typeof askedIn>[0]) => ({
      text: Array.from({ length: call.n ?? 1 }, (_, index) => {
        drawn += 1;
        const answer = index % 8 < rights ? truthOf(call) : wrongFor(truthOf(call));
        return `${drawn % 10}+${Math.floor(drawn / 10) % 10}=${answer} ans ${answer}`;
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
