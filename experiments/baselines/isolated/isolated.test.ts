import { describe, expect, test } from "vitest";
import { ofType } from "../../../cli/host/society.fixture.ts";
import { baselineConfig, playBaseline, solutionText, truthOf, wrongFor } from "../baselines.fixture.ts";

describe("isolated", () => {
  test("keeps a member's solution where more than half of all its samples agree, whatever the others do", async () => {
    const config = baselineConfig("isolated", ["ant", "bee"], { rounds: 1 });
    const { records } = await playBaseline(config, {
      ant: {
        solver: (call) => ({
          text: Array.from({ length: 32 }, (_, index) =>
            solutionText(index < 17 ? "4" : wrongFor(truthOf(call)), index % 9),
          ),
        }),
      },
      bee: {
        solver: () => ({
          text: Array.from({ length: 32 }, (_, index) => (index < 16 ? solutionText("3", index % 9) : "?")),
        }),
      },
    });
    for (const { dossier, admissions } of ofType(records, "question.settled")) {
      expect(dossier.solutions).toHaveLength(32 + 16);
      const kept = dossier.solutions.filter(({ solutionId }) => dossier.verified.includes(solutionId));
      expect(kept.map(({ author, answer, text }) => [author, answer, text])).toEqual([
        ["ant", "4", solutionText("4")],
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
