/** Measures of a group, from settled questions. */
import { describe, expect, test } from "vitest";
import { dossierOf, said, settledOf, solutionOf } from "../../machines/machines.fixture.ts";
import type { Message, Verdict } from "../../runtime/messages.ts";
import { diversityOf, foldDiversity, noDiversity } from "./diversity.ts";
import { foldRefusals, noRefusals, refusalShare, rightnessOf } from "./refusals.ts";
import { foldStaleness, noStaleness, stalenessFacts } from "./staleness.ts";
import { driftAlarms, foldChecks, noChecks } from "./verifier-drift.ts";

const task = {
  truth: (question: string) => (question === "2+2" ? "4" : undefined),
  grade: ({ answer }: { readonly answer: string }, given: string | undefined) => given === answer,
};
const isRight = rightnessOf(task);

const verdictOf = (verifier: string, author: string, verdict: Verdict["verdict"]): Verdict => ({
  ...{ solutionId: `q/${author}`, verifier, adapter: 0, verdict, text: "" },
});

/** ant's solution is right, bee's is wrong. */
const settled = (verdicts: readonly Verdict[], round = 0): Message =>
  settledOf("q", [], {
    dossier: dossierOf({
      round,
      solutions: [solutionOf("ant"), solutionOf("bee", { answer: "5" })],
      verdicts: [...verdicts],
    }),
  });

describe("who refuses whom", () => {
  test("is counted by verifier and author, against the answers that are known", () => {
    const refusals = [
      settled([verdictOf("cat", "ant", "refuse"), verdictOf("cat", "bee", "accept")]),
      settled([verdictOf("cat", "ant", "accept"), verdictOf("ant", "bee", "abstain")]),
    ].reduce(foldRefusals(isRight), noRefusals);
    expect(refusals["cat\nant"]).toEqual({
      ...{ verifier: "cat", author: "ant", accepted: 1, refused: 1, abstained: 0 },
      ...{ right: 2, refusedRight: 1, wrong: 0, acceptedWrong: 0 },
    });
    expect(refusals["cat\nbee"]).toMatchObject({ accepted: 1, wrong: 1, acceptedWrong: 1, right: 0 });
    expect(refusals["ant\nbee"]).toMatchObject({ abstained: 1, wrong: 0 });
    expect(Object.values(refusals).map(refusalShare)).toEqual([0.5, 0, undefined]);
  });

  test("has no right and wrong where no answer is known", () => {
    const unknown = rightnessOf(undefined);
    const refusals = foldRefusals(unknown)(noRefusals, settled([verdictOf("cat", "ant", "refuse")]));
    expect(refusals["cat\nant"]).toMatchObject({ refused: 1, right: 0, wrong: 0 });
  });
});

test("diversity is 0 if all solutions are alike and 1 if all differ, and needs two of them", () => {
  const of = (...answers: string[]): Message =>
    settledOf("q", [], {
      dossier: dossierOf({
        solutions: answers.map((answer, index) =>
          solutionOf(`m${index}`, { solutionId: `q/${index}`, answer, text: "same" }),
        ),
      }),
    });
  const diversity = [of("1", "1", "1"), of("1", "2", "3"), of("1", "1", "2"), of("7")].reduce(
    foldDiversity,
    noDiversity,
  );
  expect(diversityOf(diversity)).toEqual({ texts: 0, answers: 0.5 });
  expect(diversityOf(noDiversity)).toBeUndefined();
});

test("staleness counts solutions of adapters that have been replaced, and versions behind", () => {
  const published = (version: number): Message =>
    said("adapter.published", { job: `ant@v${version}`, model: "ant", version, folder: "f" });
  const staleness = [settled([]), published(1), published(2), settled([])].reduce(foldStaleness, noStaleness);
  expect(stalenessFacts(staleness)).toEqual({ staleShare: 0.25, meanBehind: 0.5, most: 2 });
  expect(stalenessFacts(noStaleness).staleShare).toBeUndefined();
});

describe("the alarm of verifiers that drift together", () => {
  /** `refusing` of 20 checks of a wrong solution refuse it. */
  const rounds = (round: number, refusing: Readonly<Record<string, number>>): Message[] =>
    Array.from({ length: 20 }, (_, index) =>
      settled(
        Object.entries(refusing).map(([verifier, count]) =>
          verdictOf(verifier, "bee", index < count ? "refuse" : "accept"),
        ),
        round,
      ),
    );
  const alarmsOf = (messages: readonly Message[]) =>
    driftAlarms(messages.reduce(foldChecks(isRight), noChecks));

  test("rises where two verifiers accept wrong solutions more often than at the start", () => {
    const alarms = alarmsOf([...rounds(3, { ant: 19, cat: 18 }), ...rounds(14, { ant: 8, cat: 6 })]);
    expect(alarms).toMatchObject([
      {
        ...{ from: 10, to: 19 },
        verifiers: [
          { verifier: "ant", before: expect.closeTo(0.05), after: expect.closeTo(0.6) },
          { verifier: "cat", before: expect.closeTo(0.1), after: expect.closeTo(0.7) },
        ],
      },
    ]);
  });

  test("stays silent if one drifts alone, if the change may be chance, and if nothing is known to be wrong", () => {
    expect(alarmsOf([...rounds(3, { ant: 19, cat: 18 }), ...rounds(14, { ant: 8, cat: 18 })])).toEqual([]);
    expect(alarmsOf([...rounds(3, { ant: 19, cat: 18 }), ...rounds(14, { ant: 17, cat: 16 })])).toEqual([]);
    const blind = [...rounds(3, { ant: 19, cat: 18 }), ...rounds(14, { ant: 0, cat: 0 })].reduce(
      foldChecks(rightnessOf(undefined)),
      noChecks,
    );
    expect(driftAlarms(blind)).toEqual([]);
  });
});
