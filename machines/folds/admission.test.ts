import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Rating, Strategy } from "../../runtime/messages.ts";
import { dossierOf, group, settings, solutionOf } from "../machines.fixture.ts";
import { admissionsOf, eliteOf } from "./admission.ts";

const solutions = group.map((author) => solutionOf(author));
const dossier = dossierOf({ solutions, verified: ["q/ant", "q/bee"] });
const rated = (ant: number, bee: number, cat: number): Record<string, Rating> => ({
  ant: { mu: ant, sigma: 8 },
  bee: { mu: bee, sigma: 8 },
  cat: { mu: cat, sigma: 8 },
});
const reasons = (ratings: Record<string, Rating>, given = settings, strategy: Strategy = "explore") =>
  admissionsOf(dossier, ratings, given, strategy).map(({ author, admitted, reason }) => [
    author,
    admitted,
    reason,
  ]);

describe("Eq. 4's indicator", () => {
  test("requires consensus and a rating above the mean of the group", () => {
    expect(reasons(rated(30, 20, 25))).toEqual([
      ["ant", true, "verified and above the mean"],
      ["bee", false, "not above the mean"],
      ["cat", false, "not verified"],
    ]);
  });

  test("admits nobody while all ratings are equal", () => {
    expect(reasons(rated(25, 25, 25)).map(([, admitted]) => admitted)).toEqual([false, false, false]);
  });

  test.each([{ ratingMute: false }, { qualityVote: false }])("requires only consensus with %o", (off) => {
    expect(reasons(rated(25, 25, 25), { ...settings, ...off })).toEqual([
      ["ant", true, "verified"],
      ["bee", true, "verified"],
      ["cat", false, "not verified"],
    ]);
  });

  test("admits the same text once, whichever admitted author wrote it", () => {
    const same = solutions.map((solution) => ({ ...solution, text: "7*8=6 ans 6" }));
    const copied = dossierOf({ solutions: same, verified: ["q/ant", "q/bee", "q/cat"] });
    const admitted = (ratings: Record<string, Rating>, given = settings) =>
      admissionsOf(copied, ratings, given, "explore").map(({ reason }) => reason);
    const copy = "the same text as another's";
    expect(admitted(rated(20, 30, 31))).toEqual(["not above the mean", "verified and above the mean", copy]);
    expect(admitted(rated(25, 25, 25), { ...settings, ratingMute: false })).toEqual(["verified", copy, copy]);
  });

  test("requires a top-rated author as well while the strategy is elite", () => {
    const every = { ...settings, ratingMute: false };
    expect(reasons(rated(20, 30, 25), every, "elite")).toEqual([
      ["ant", false, "not of an elite peer"],
      ["bee", true, "verified"],
      ["cat", false, "not verified"],
    ]);
    expect(reasons(rated(30, 20, 25), settings, "elite")).toEqual([
      ["ant", true, "verified and above the mean"],
      ["bee", false, "not above the mean"],
      ["cat", false, "not verified"],
    ]);
    expect(reasons(rated(29, 30, 1), settings, "elite")[0]).toEqual(["ant", false, "not of an elite peer"]);
  });

  test("has its elite among those that take part, not among members that are gone", () => {
    const gone = { dog: { mu: 50, sigma: 1 }, eel: { mu: 60, sigma: 1 } };
    const given = { ...settings, eliteCount: 2 };
    expect(reasons({ ...rated(30, 20, 25), ...gone }, given, "elite")).toEqual([
      ["ant", true, "verified and above the mean"],
      ["bee", false, "not above the mean"],
      ["cat", false, "not verified"],
    ]);
  });

  test("never admits all verified authors, nor anyone unverified", () => {
    const mu = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(mu, mu, mu, (ant, bee, cat) => {
        const every = { ...dossier, verified: solutions.map(({ solutionId }) => solutionId) };
        const admitted = admissionsOf(every, rated(ant, bee, cat), settings, "explore").filter(
          (one) => one.admitted,
        );
        expect(admitted.length).toBeLessThan(group.length);
        const none = admissionsOf({ ...dossier, verified: [] }, rated(ant, bee, cat), settings, "elite");
        expect(none.every(({ reason }) => reason === "not verified")).toBe(true);
      }),
    );
  });
});

test("the same text is admitted once, or once of each author where members train on their own", () => {
  const copies = dossierOf({
    solutions: ["ant", "bee"].map((author) => solutionOf(author, { text: "the same" })),
    verified: ["q/ant", "q/bee"],
  });
  const admittedOf = (trainOn: "group" | "own") =>
    admissionsOf(copies, {}, { ...settings, qualityVote: false, trainOn }, "explore").map(
      ({ admitted, reason }) => [admitted, reason],
    );
  expect(admittedOf("group")).toEqual([
    [true, "verified"],
    [false, "the same text as another's"],
  ]);
  expect(admittedOf("own")).toEqual([
    [true, "verified"],
    [true, "verified"],
  ]);
});

test("the elite are the members with the highest μ, best first", () => {
  const ratings = { ant: { mu: 20, sigma: 1 }, bee: { mu: 30, sigma: 9 }, cat: { mu: 25, sigma: 1 } };
  expect(eliteOf(ratings, group, 2)).toEqual(["bee", "cat"]);
  expect(eliteOf(ratings, ["ant", "cat"], 1)).toEqual(["cat"]);
  expect(eliteOf({}, group, 2)).toEqual([]);
});
