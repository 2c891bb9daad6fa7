import { describe, expect, test } from "vitest";
import { dossierOf, settings, solutionOf } from "../machines.fixture.ts";
import { isDrawn, noCount, withDossier } from "./arms.ts";

const none = { withExamples: noCount, withoutExamples: noCount };

describe("a solution", () => {
  const counts = (...solutions: ReturnType<typeof solutionOf>[]) =>
    withDossier(none, dossierOf({ solutions, verified: ["q/ant"] }));

  test("counts in the arm that it was drawn for, whatever its prompt had in the end", () => {
    expect(counts(solutionOf("ant", { taught: true }), solutionOf("bee", { taught: false }))).toEqual({
      withExamples: { solutions: 1, verified: 1 },
      withoutExamples: { solutions: 1, verified: 0 },
    });
  });

  test("of an older journal counts by what was shown", () => {
    expect(counts(solutionOf("ant"), solutionOf("bee", { exemplars: ["old"] }))).toEqual({
      withExamples: { solutions: 1, verified: 0 },
      withoutExamples: { solutions: 1, verified: 1 },
    });
  });

  test("that its author withheld counts as not verified, unless that is absent or was not waited for", () => {
    const withheld = [
      { author: "ant", cause: "cut off", taught: true },
      { author: "bee", cause: "cut off", taught: false },
      { author: "cat", cause: "model down", taught: true },
      { author: "dog", cause: "no answer" },
    ];
    expect(withDossier(none, dossierOf({ withheld, absent: ["cat"] }))).toEqual({
      withExamples: { solutions: 1, verified: 0 },
      withoutExamples: { solutions: 1, verified: 0 },
    });
  });
});

test("the share without examples is drawn by the model and the question", () => {
  const draws = 5000;
  const taught = Array.from({ length: draws }, (_, index) => isDrawn("ant", `q${index}`, settings));
  const bare = taught.filter((each) => !each).length;
  const sd = Math.sqrt(draws * settings.zeroShotShare * (1 - settings.zeroShotShare));
  expect(Math.abs(bare - draws * settings.zeroShotShare)).toBeLessThan(4 * sd);
  expect(taught).toEqual(taught.map((_, index) => isDrawn("ant", `q${index}`, settings)));
});
