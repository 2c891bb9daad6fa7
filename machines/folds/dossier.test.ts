import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Ballot, Dossier, Verdict } from "../../runtime/messages.ts";
import { dossierOf, group, solutionOf } from "../machines.fixture.ts";
import {
  ballotsFor,
  duelOf,
  isDecided,
  isPolled,
  isUnanimous,
  owingBallots,
  pairsOf,
  silentSolvers,
  silentVerifiers,
  silentVoters,
  withBallots,
  withSolution,
  withVerdicts,
  withWithheld,
} from "./dossier.ts";
import { winnerOf } from "./winner.ts";

const ant = solutionOf("ant");
const bee = solutionOf("bee");
const cat = solutionOf("cat");

const judged = (verifier: string, verdict: Verdict["verdict"], solutionId = ant.solutionId): Verdict => ({
  ...{ solutionId, verifier, adapter: 0, verdict, text: "" },
});

const hearing = (verdicts: readonly Verdict[], dossier = dossierOf({ solutions: [ant] })): Dossier =>
  verdicts.reduce((before, verdict) => withVerdicts(before, [verdict]), dossier);

describe("solving", () => {
  test("each member answers or abstains, once", () => {
    const first = withSolution(dossierOf(), ant);
    expect(silentSolvers(first)).toEqual(["bee", "cat"]);
    expect(withSolution(first, { ...ant, text: "second thoughts" })).toBe(first);
    expect(withWithheld(first, "ant", "tired")).toBe(first);
    const both = withWithheld(first, "bee", "tired");
    expect(withSolution(both, bee)).toBe(both);
    expect(both.withheld).toEqual([{ author: "bee", cause: "tired" }]);
  });

  test("outsiders are not heard", () => {
    const before = dossierOf();
    expect(withSolution(before, solutionOf("dog"))).toBe(before);
    expect(withWithheld(before, "dog", "no")).toBe(before);
  });

  test("an id that is taken cannot be used again", () => {
    const before = withSolution(dossierOf(), ant);
    expect(withSolution(before, solutionOf("bee", { solutionId: ant.solutionId }))).toBe(before);
  });
});

describe("consensus", () => {
  test("is unanimous", () => {
    const half = hearing([judged("bee", "accept")]);
    expect([isDecided(half, ant), isUnanimous(half, ant)]).toEqual([false, false]);
    expect(silentVerifiers(half, ant)).toEqual(["cat"]);
    const whole = hearing([judged("bee", "accept"), judged("cat", "accept")]);
    expect([isDecided(whole, ant), isUnanimous(whole, ant)]).toEqual([true, true]);
  });

  test("is settled by the first refusal", () => {
    const refused = hearing([judged("cat", "refuse")]);
    expect([isDecided(refused, ant), isUnanimous(refused, ant)]).toEqual([true, false]);
  });

  test("is not reached with an abstention, which decides nothing by itself", () => {
    const one = hearing([judged("bee", "abstain")]);
    expect(isDecided(one, ant)).toBe(false);
    const both = hearing([judged("bee", "abstain"), judged("cat", "accept")]);
    expect([isDecided(both, ant), isUnanimous(both, ant)]).toEqual([true, false]);
  });

  test("counts the first verdict of each peer and nobody else's", () => {
    const repeated = hearing([judged("bee", "accept"), judged("bee", "refuse"), judged("dog", "refuse")]);
    expect(repeated.verdicts).toEqual([judged("bee", "accept")]);
    expect(hearing([judged("ant", "accept")]).verdicts).toEqual([]);
  });

  test("hears verdicts that overtake their solution, save the author's own", () => {
    const early = hearing([judged("ant", "accept"), judged("bee", "accept")], dossierOf());
    const late = withSolution(early, ant);
    expect(isDecided(late, ant)).toBe(false);
    const abstained = withVerdicts(late, [judged("cat", "abstain")]);
    expect([isDecided(abstained, ant), isUnanimous(abstained, ant)]).toEqual([true, false]);
    const selfRefused = withSolution(hearing([judged("ant", "refuse")], dossierOf()), ant);
    expect(isDecided(selfRefused, ant)).toBe(false);
  });

  test("is never reached by nobody: a group of one verifies nothing", () => {
    const alone = dossierOf({ group: ["ant"], solutions: [ant] });
    expect([isDecided(alone, ant), isUnanimous(alone, ant)]).toEqual([true, false]);
  });

  test("a refusal or an abstention anywhere means not verified, in any order", () => {
    const verdict = fc.constantFrom<Verdict["verdict"]>("accept", "refuse", "abstain");
    const heard = fc.array(fc.tuple(fc.constantFrom(...group, "dog"), verdict), { maxLength: 12 });
    fc.assert(
      fc.property(heard, (given) => {
        const dossier = hearing(given.map(([verifier, said]) => judged(verifier, said)));
        const first = (peer: string) => given.find(([verifier]) => verifier === peer)?.[1];
        expect(isUnanimous(dossier, ant)).toBe(["bee", "cat"].every((peer) => first(peer) === "accept"));
        expect(isUnanimous(dossier, ant) && !isDecided(dossier, ant)).toBe(false);
      }),
    );
  });
});

const verified = (...solutions: (typeof ant)[]): Dossier =>
  dossierOf({ solutions, verified: solutions.map(({ solutionId }) => solutionId) });

const cast = (voter: string, pair: string, choice?: string): Ballot => ({
  ...{ pair, voter, adapter: 0, text: "" },
  ...(choice === undefined ? {} : { choice }),
});

describe("voting", () => {
  const two = verified(ant, bee);
  const [pair = { pair: "", first: "", second: "" }] = pairsOf(two);
  const outcome = (...choices: (string | undefined)[]) => {
    const dossier = choices.reduce(
      (before, choice, index) => withBallots(before, [cast(group[index] ?? "", pair.pair, choice)]),
      two,
    );
    return duelOf(dossier, pair)?.outcome;
  };

  test("pairs every two verified solutions once", () => {
    expect(pairsOf(verified())).toEqual([]);
    expect(pairsOf(verified(ant))).toEqual([]);
    const pairs = pairsOf(verified(ant, bee, cat));
    expect(pairs).toEqual([
      { pair: "q/ant|q/bee", first: "q/ant", second: "q/bee" },
      { pair: "q/ant|q/cat", first: "q/ant", second: "q/cat" },
      { pair: "q/bee|q/cat", first: "q/bee", second: "q/cat" },
    ]);
  });

  test("hears each member once per pair, for one of its two solutions", () => {
    const once = withBallots(two, [cast("ant", pair.pair, "q/bee")]);
    expect(silentVoters(once, pair)).toEqual(["bee", "cat"]);
    expect(withBallots(once, [cast("ant", pair.pair, "q/ant")])).toBe(once);
    expect(withBallots(once, [cast("bee", pair.pair, "q/cat")])).toBe(once);
    expect(withBallots(once, [cast("bee", "another", "q/ant")])).toBe(once);
    expect(withBallots(once, [cast("dog", pair.pair, "q/ant")])).toBe(once);
  });

  test("the majority decides, a tie is a draw, silence is no duel", () => {
    expect(outcome("q/ant", "q/ant", "q/bee")).toBe("first");
    expect(outcome("q/bee", "q/ant", "q/bee")).toBe("second");
    expect(outcome("q/ant", "q/bee", undefined)).toBe("draw");
    expect(outcome("q/bee", undefined, undefined)).toBe("second");
    expect(outcome(undefined, undefined, undefined)).toBeUndefined();
  });

  test("most duels won wins, a draw counts half", () => {
    const three = verified(ant, bee, cat);
    const won = (first: string, second: string, how: "first" | "second" | "draw") => ({
      ...{ first: `q/${first}`, second: `q/${second}`, outcome: how },
    });
    const duels = [won("ant", "bee", "draw"), won("bee", "cat", "first")];
    expect(winnerOf({ ...three, duels }, 1)).toBe("q/bee");
    expect(winnerOf(verified(cat), 1)).toBe("q/cat");
    expect(winnerOf(verified(), 1)).toBeUndefined();
    /** Over many questions, how often each wins. */
    const shares = (given: Dossier, seed = 1) => {
      const winners = Array.from({ length: 300 }, (_, index) =>
        winnerOf({ ...given, question: `q${index}` }, seed),
      );
      return given.verified.map((solutionId) => winners.filter((winner) => winner === solutionId).length);
    };
    const circle = [won("ant", "bee", "second"), won("ant", "cat", "first"), won("bee", "cat", "second")];
    for (const tied of [three, { ...three, duels: circle }]) {
      for (const share of shares(tied)) expect(Math.abs(share - 100)).toBeLessThan(30);
    }
    const draw = [won("ant", "bee", "draw"), won("ant", "cat", "first"), won("bee", "cat", "first")];
    expect(shares({ ...three, duels: draw }).at(-1)).toBe(0);
  });

  test("a tie is drawn by the run's seed and the question, whoever came first", () => {
    const [early, late] = [verified(ant, bee, cat), verified(cat, bee, ant)];
    const winners = (given: Dossier, seed: number) =>
      ["q", "r", "s", "t", "u"].map((question) => winnerOf({ ...given, question }, seed));
    expect(winners(early, 1)).toEqual(winners(late, 1));
    expect(winners(early, 1)).not.toEqual(winners(early, 2));
  });
});

describe("a batch of verdicts", () => {
  const two = dossierOf({ solutions: [ant, bee] });

  test("counts for each solution", () => {
    const heard = withVerdicts(two, [judged("cat", "refuse"), judged("cat", "accept", "q/bee")]);
    expect([isDecided(heard, ant), isDecided(heard, bee)]).toEqual([true, false]);
    expect(silentVerifiers(heard, bee)).toEqual(["ant"]);
  });

  test("without anything new leaves the dossier as it is", () => {
    const heard = withVerdicts(two, [judged("cat", "accept")]);
    const late = { ...two, verified: [ant.solutionId] };
    expect(withVerdicts(two, [])).toBe(two);
    expect(withVerdicts(heard, [judged("cat", "refuse"), judged("dog", "accept")])).toBe(heard);
    expect(withVerdicts(two, [judged("ant", "accept"), judged("bee", "accept", "q/bee")])).toBe(two);
    expect(withVerdicts(late, [judged("cat", "refuse")])).toBe(late);
  });

  test("is heard without its duplicates, outsiders and verdicts on one's own; what is not offered yet is kept", () => {
    const known = judged("bee", "accept");
    const batch = [
      ...[judged("cat", "accept"), judged("cat", "refuse"), judged("bee", "refuse"), judged("dog", "refuse")],
      ...[judged("ant", "accept"), judged("cat", "refuse", "q/bee"), judged("cat", "refuse", "q/dog")],
    ];
    expect(withVerdicts(withVerdicts(two, [known]), batch).verdicts).toEqual([
      ...[known, judged("cat", "accept"), judged("cat", "refuse", "q/bee"), judged("cat", "refuse", "q/dog")],
    ]);
  });
});

describe("a batch of ballots", () => {
  const three = verified(ant, bee, cat);
  const all = (voter: string) => pairsOf(three).map(({ pair, first }) => cast(voter, pair, first));

  test("is all that a voter owes", () => {
    const once = withBallots(three, all("ant"));
    expect(owingBallots(once)).toEqual(["bee", "cat"]);
    expect(ballotsFor(once, "q/ant|q/cat")).toEqual([cast("ant", "q/ant|q/cat", "q/ant")]);
    const most = withBallots(withBallots(once, all("bee")), all("cat").slice(1));
    expect([owingBallots(most), isPolled(most)]).toEqual([["cat"], false]);
    const whole = withBallots(most, [cast("cat", "q/ant|q/bee")]);
    expect([owingBallots(whole), isPolled(whole)]).toEqual([[], true]);
  });

  test("is owed by nobody where there is no pair", () => {
    for (const alone of [verified(), verified(ant)]) expect(isPolled(alone)).toBe(true);
  });

  test("is heard without its duplicates, outsiders, and votes for strangers or in strangers' pairs", () => {
    const batch = [
      ...[cast("ant", "q/ant|q/bee", "q/cat"), cast("ant", "q/ant|q/bee", "q/bee")],
      ...[cast("ant", "q/ant|q/bee", "q/ant"), cast("dog", "q/ant|q/bee", "q/ant")],
      ...[
        cast("ant", "q/ant|q/dog", "q/ant"),
        cast("ant", "q/bee|q/ant", "q/ant"),
        cast("ant", "q/ant|q/cat"),
      ],
    ];
    expect(withBallots(three, batch).ballots).toEqual([
      ...[cast("ant", "q/ant|q/bee", "q/bee"), cast("ant", "q/ant|q/cat")],
    ]);
    expect(withBallots(three, [])).toBe(three);
    expect(withBallots(three, [cast("dog", "q/ant|q/bee", "q/ant")])).toBe(three);
  });
});

describe("however what is said is cut into messages", () => {
  const three = verified(ant, bee, cat);
  const ids = ["q/ant", "q/bee", "q/cat", "q/dog"];
  const speaker = fc.constantFrom(...group, "dog");
  const verdict = fc
    .tuple(
      speaker,
      fc.constantFrom<Verdict["verdict"]>("accept", "refuse", "abstain"),
      fc.constantFrom(...ids),
    )
    .map((parts) => judged(...parts));
  const pairNames = [...pairsOf(three).map(({ pair }) => pair), "q/bee|q/ant", "q/ant|q/dog"];
  const ballot = fc
    .tuple(speaker, fc.constantFrom(...pairNames), fc.constantFrom(...ids, undefined))
    .map((parts) => cast(...parts));
  /** A list and the same list in batches, some of them empty. */
  const cutUp = <T>(item: fc.Arbitrary<T>) =>
    fc
      .array(fc.array(item, { maxLength: 6 }), { maxLength: 8 })
      .map((batches) => ({ batches, items: batches.flat() }));
  /** Each solution verified or not yet, so that late verdicts are among those heard. */
  const stages = fc
    .tuple(fc.subarray([ant, bee, cat]), fc.subarray(["q/ant", "q/bee"]))
    .map(([solutions, ready]) => dossierOf({ solutions, verified: ready }));

  test("verdicts one by one, in batches and all at once make the same dossier", () => {
    fc.assert(
      fc.property(stages, cutUp(verdict), (before, { batches, items }) => {
        const once = withVerdicts(before, items);
        expect(hearing(items, before)).toEqual(once);
        expect(batches.reduce(withVerdicts, before)).toEqual(once);
      }),
    );
  });

  test("ballots one by one, in batches and all at once make the same dossier", () => {
    fc.assert(
      fc.property(cutUp(ballot), ({ batches, items }) => {
        const once = withBallots(three, items);
        expect(items.reduce((before, item) => withBallots(before, [item]), three)).toEqual(once);
        expect(batches.reduce(withBallots, three)).toEqual(once);
        expect(isPolled(once)).toBe(pairsOf(once).every((pair) => silentVoters(once, pair).length === 0));
      }),
    );
  });

  test("members' batches lead to the same decisions in any order", () => {
    const perMember = <T>(said: (member: string) => fc.Arbitrary<T>) =>
      fc
        .tuple(...group.map((member) => fc.array(said(member), { maxLength: 8 })))
        .chain((batches) => fc.tuple(fc.constant(batches), fc.shuffledSubarray(batches, { minLength: 3 })));
    const by = (verifier: string) => verdict.map((each) => ({ ...each, verifier }));
    const from = (voter: string) => ballot.map((each) => ({ ...each, voter }));
    const settledBy = (batches: readonly Verdict[][]) => {
      const heard = batches.reduce(withVerdicts, dossierOf({ solutions: [ant, bee, cat] }));
      return heard.solutions.map((each) => [isDecided(heard, each), isUnanimous(heard, each)]);
    };
    const polledBy = (batches: readonly Ballot[][]) => {
      const heard = batches.reduce(withBallots, three);
      return [owingBallots(heard), pairsOf(heard).map((each) => duelOf(heard, each))];
    };
    fc.assert(
      fc.property(perMember(by), perMember(from), ([verdicts, mixed], [ballots, shuffled]) => {
        expect(settledBy(mixed)).toEqual(settledBy(verdicts));
        expect(polledBy(shuffled)).toEqual(polledBy(ballots));
      }),
    );
  });
});
