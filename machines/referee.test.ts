import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createActor, fromPromise } from "xstate";
import type { Dossier, Duel, Message, MessageOf } from "../runtime/messages.ts";
import {
  type Driven,
  doneOf,
  dossierOf,
  drive,
  failedOf,
  said,
  settings,
  solutionOf,
} from "./machines.fixture.ts";
import { type Rater, rateDossier, refereeMachine } from "./referee.ts";

/** Moves one point from the loser to the winner. */
const rater: Rater = {
  initial: () => ({ mu: 25, sigma: 8 }),
  duel: (first, second, outcome) => {
    const gain = { first: 1, second: -1, draw: 0 }[outcome];
    return [
      { ...first, mu: first.mu + gain },
      { ...second, mu: second.mu - gain },
    ];
  },
};

const duel = (first: string, second: string, outcome: Duel["outcome"]): Duel => ({
  ...{ first: `q/${first}`, second: `q/${second}`, outcome },
});
const solutions = ["ant", "bee", "cat"].map((author) => solutionOf(author));
const dossier = (question: string, ...duels: Duel[]): Dossier =>
  dossierOf({ question, solutions, verified: solutions.map(({ solutionId }) => solutionId), duels });
const closed = (question: string, ...duels: Duel[]): Message =>
  said("question.closed", { dossier: dossier(question, ...duels) });
const antWins = duel("ant", "bee", "first");

type Referee = Driven<typeof refereeMachine>;
const start = (records: readonly Message[] = []): Referee => drive(refereeMachine, { settings, records });
const ready = (referee: Referee): Referee => referee.send(doneOf("loadRater", rater));
const settledBy = ({ drafts }: Referee): MessageOf<"question.settled">[] =>
  drafts.filter((draft) => draft.type === "question.settled") as MessageOf<"question.settled">[];
const mus = (ratings: Readonly<Record<string, { mu: number }>> | undefined) =>
  Object.fromEntries(Object.entries(ratings ?? {}).map(([member, { mu }]) => [member, mu]));

describe("rating a dossier", () => {
  test("rates every duel in turn, from the ratings before it", () => {
    const once = rateDossier(rater, {}, dossier("q", antWins, duel("ant", "cat", "draw")));
    expect(mus(once)).toEqual({ ant: 26, bee: 24, cat: 25 });
    const twice = rateDossier(rater, once, dossier("r", antWins, duel("bee", "cat", "second")));
    expect(mus(twice)).toEqual({ ant: 27, bee: 22, cat: 26 });
  });

  test("ignores duels of unknown solutions", () => {
    expect(mus(rateDossier(rater, {}, dossier("q", duel("ant", "dog", "first"))))).toEqual({
      ...{ ant: 25, bee: 25, cat: 25 },
    });
  });

  test("keeps the sum of points, whatever the duels", () => {
    const dueled = fc.tuple(
      fc.constantFrom("ant", "bee", "cat"),
      fc.constantFrom("ant", "bee", "cat", "dog"),
      fc.constantFrom<Duel["outcome"]>("first", "second", "draw"),
    );
    fc.assert(
      fc.property(fc.array(dueled), (duels) => {
        const distinct = duels.filter(([first, second]) => first !== second);
        const ratings = rateDossier(rater, {}, dossier("q", ...distinct.map((each) => duel(...each))));
        expect(Object.values(ratings).reduce((sum, { mu }) => sum + mu, 0)).toBe(75);
      }),
    );
  });
});

describe("the referee", () => {
  test("settles a question with the ratings after it and the admissions they give", () => {
    const one = ready(start()).send(closed("q", antWins));
    const [settled] = settledBy(one);
    expect(mus(settled?.ratings)).toEqual({ ant: 26, bee: 24, cat: 25 });
    expect(settled?.admissions.map(({ author, admitted }) => [author, admitted])).toEqual([
      ["ant", true],
      ["bee", false],
      ["cat", false],
    ]);
  });

  test("rates a question once, however often it is delivered, and settles it each time", () => {
    const twice = ready(start()).send(closed("q", antWins), closed("q", antWins), closed("r"));
    expect(settledBy(twice).map(({ dossier }) => dossier.question)).toEqual(["q", "q", "r"]);
    expect(settledBy(twice).map(({ ratings }) => ratings.ant?.mu)).toEqual([26, 26, 26]);
    expect(mus(twice.state.context.ratings)).toEqual({ ant: 26, bee: 24, cat: 25 });
  });

  test("settles questions that closed while the rater was loading, in order, once each", () => {
    const loading = start().send(closed("q", antWins), closed("r", antWins), closed("q", antWins));
    expect(loading.drafts).toEqual([]);
    const loaded = ready(loading);
    expect(settledBy(loaded).map(({ dossier }) => dossier.question)).toEqual(["q", "r"]);
    expect(settledBy(loaded).map(({ ratings }) => ratings.ant?.mu)).toEqual([26, 27]);
    expect(loaded.state.context.waiting).toEqual([]);
  });

  test("continues from the journal's last ratings and does not rate its questions again", () => {
    const records = settledBy(ready(start()).send(closed("q", antWins)));
    const resumed = ready(start(records)).send(closed("q", antWins), closed("r", antWins));
    expect(settledBy(resumed).map(({ ratings }) => ratings.ant?.mu)).toEqual([26, 27]);
    expect(mus(resumed.state.context.ratings)).toEqual({ ant: 27, bee: 23, cat: 25 });
  });

  test("does not rate the dossier of a question that is void, also after a restart", () => {
    const isVoid = said("question.voided", {
      ...{ question: "q", round: 0, author: "bee", adapter: 0, text: "", reason: "bee is gone" },
    });
    const live = ready(start()).send(closed("r", antWins), isVoid, closed("q", antWins));
    expect(settledBy(live).map(({ ratings }) => ratings.ant?.mu)).toEqual([26, 26]);
    const [settled] = settledBy(live);
    const resumed = ready(start([...(settled ? [settled] : []), isVoid])).send(closed("q", antWins));
    expect(settledBy(resumed).map(({ ratings }) => ratings.ant?.mu)).toEqual([26]);
  });

  const abandoned = (question: string): Message =>
    said("question.abandoned", {
      ...{ question, round: 0, author: "bee", adapter: 0, text: "2+2", reason: "bee is gone" },
    });
  const outcomes = ({ drafts }: Referee): string[] =>
    drafts.map((draft) => {
      const question = draft.type === "question.settled" ? draft.dossier.question : undefined;
      return `${question ?? ("question" in draft ? draft.question : "")} ${draft.type}`;
    });

  test("voids what is abandoned, once, and rates it no more", () => {
    const ended = ready(start()).send(
      abandoned("q"),
      abandoned("q"),
      closed("q", antWins),
      closed("r", antWins),
    );
    expect(ended.drafts[0]).toMatchObject({ author: "bee", text: "2+2", reason: "bee is gone" });
    expect(outcomes(ended)).toEqual(["q question.voided", "q question.settled", "r question.settled"]);
    expect(settledBy(ended).map(({ ratings }) => ratings.ant?.mu)).toEqual([undefined, 26]);
  });

  test("settles what has closed before it was abandoned, also while the rater is loading", () => {
    const late = ready(start()).send(closed("q", antWins), abandoned("q"));
    expect(outcomes(late)).toEqual(["q question.settled"]);
    const early = ready(start().send(closed("q", antWins), abandoned("q"), abandoned("r")));
    expect(outcomes(early)).toEqual(["r question.voided", "q question.settled"]);
  });

  test("whatever arrives in whatever order, the first outcome of each question makes its ratings", () => {
    const arrivals = fc.array(fc.tuple(fc.constantFrom("p", "q", "r"), fc.boolean()), { maxLength: 12 });
    fc.assert(
      fc.property(arrivals, (all) => {
        const events = all.map(([id, closes]) => (closes ? closed(id, antWins) : abandoned(id)));
        const drafts = ready(start()).send(...events).drafts;
        const first = new Map<string, Message>();
        for (const draft of drafts as Message[]) {
          const id =
            draft.type === "question.settled"
              ? draft.dossier.question
              : (draft as { question: string }).question;
          if (!first.has(id)) first.set(id, draft);
        }
        let won = 25;
        for (const record of first.values()) {
          if (record.type !== "question.settled") continue;
          won += 1;
          expect(record.ratings.ant?.mu).toBe(won);
        }
      }),
    );
  });

  describe("while the strategy is elite", () => {
    const elite: Message = said("strategy.changed", {
      ...{ round: 0, before: "explore", after: "elite", cause: "" },
    });
    const catToo = [antWins, duel("cat", "bee", "first"), duel("ant", "bee", "first")];
    const reasons = (referee: Referee) =>
      settledBy(referee).map(({ admissions }) => admissions.map(({ reason }) => reason));
    const expected = ["verified and above the mean", "not above the mean", "not of an elite peer"];

    test("admits top-rated authors only, with the reason for others", () => {
      expect(reasons(ready(start()).send(elite, closed("q", ...catToo)))).toEqual([expected]);
      expect(reasons(start().send(elite, closed("q", ...catToo)))).toEqual([]);
    });

    test("does so after a restart too, until the strategy changes back", () => {
      const back = said("strategy.changed", { round: 1, before: "elite", after: "explore", cause: "" });
      expect(reasons(ready(start([elite])).send(closed("q", ...catToo)))).toEqual([expected]);
      const [[, , cat] = []] = reasons(ready(start([elite])).send(back, closed("q", ...catToo)));
      expect(cat).toBe("verified and above the mean");
    });
  });

  test("judges a question by the components of its own round, also after a restart", () => {
    const opened = (round: number, more: Partial<MessageOf<"round.opened">> = {}): Message =>
      said("round.opened", {
        ...{ round, attempt: 0, generator: "ant", difficulty: 1, count: 1, strategy: "explore" },
        ...more,
      });
    const in3 = (question: string): Message =>
      said("question.closed", { dossier: { ...dossier(question, antWins), round: 3 } });
    const in4 = (question: string): Message =>
      said("question.closed", { dossier: { ...dossier(question, antWins), round: 4 } });
    const reasonsIn = (referee: Referee) => settledBy(referee).map(({ admissions }) => admissions[1]?.reason);
    const rounds = [opened(3), opened(4, { components: { qualityVote: false } })];
    const expected = ["not above the mean", "verified"];
    expect(reasonsIn(ready(start()).send(...rounds, in3("q3"), in4("q4")))).toEqual(expected);
    expect(reasonsIn(ready(start(rounds)).send(in3("q3"), in4("q4")))).toEqual(expected);
    const on = [opened(3, { components: { qualityVote: false } }), opened(4)];
    expect(reasonsIn(ready(start(on)).send(in4("q4"), in3("q3")))).toEqual(expected);
    const again = opened(3, { attempt: 1 });
    expect(reasonsIn(ready(start([...on, again])).send(in3("q3")))).toEqual(["not above the mean"]);
    const forked = said("run.forked", {
      ...{ operator: "eve", act: "a", parent: "p", records: 2, changed: [] },
    });
    expect(reasonsIn(ready(start([...on, forked])).send(in3("q3")))).toEqual(["not above the mean"]);
  });

  test("fails with the cause without a rater", async () => {
    expect(start().send(failedOf("loadRater", "no module")).state.value).toBe("broken");
    const loadRater = fromPromise<Rater>(() => Promise.reject(new Error("no module")));
    const actor = createActor(refereeMachine.provide({ actors: { loadRater } }), {
      input: { settings, records: [] },
    });
    const causes: unknown[] = [];
    actor.subscribe({ error: (cause) => causes.push(cause) });
    actor.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect(causes).toMatchObject([{ code: "AGORA_RATER", problem: "the rater cannot be loaded: no module" }]);
  });
});
