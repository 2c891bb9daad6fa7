import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message, MessageOf, Strategy } from "../runtime/messages.ts";
import { emptyHistory, foldHistory, historianMachine, topExemplars } from "./historian.ts";
import { drive, group, said, settings, settledOf } from "./machines.fixture.ts";
import type { Settings } from "./settings.ts";

/** A question won by `author` with `votes` of four votes (undefined: uncontested), with the ratings after it. */
const won = (
  question: string,
  author: string,
  { mu = {}, votes = 0, topic = "" }: { mu?: Record<string, number>; votes?: number; topic?: string } = {},
): MessageOf<"question.settled"> => {
  const ratings = Object.fromEntries(group.map((member) => [member, { mu: mu[member] ?? 25, sigma: 8 }]));
  const rival = group.find((member) => member !== author) ?? "";
  const message = settledOf(question, votes > 0 ? [author, rival] : [author], { ratings });
  const [first, second] = [`${question}/${author}`, `${question}/${rival}`];
  const ballots = Array.from({ length: votes > 0 ? 4 : 0 }, (_, index) => ({
    pair: `${first}|${second}`,
    ...{ voter: `voter${index}`, adapter: 0, text: "", choice: index < votes ? first : second },
  }));
  const explanation = { solutionId: first, author, adapter: 0, text: "because" };
  const verified = votes > 0 ? [first, second] : [first];
  return {
    ...message,
    dossier: { ...message.dossier, topic, verified, winner: first, ballots, explanation },
  };
};
const unwon = settledOf("none", []);
const switched = (after: Strategy): Message =>
  said("strategy.changed", { round: 0, before: after === "explore" ? "elite" : "explore", after, cause: "" });

const start = (more: Partial<Settings> = {}, records: readonly Message[] = []) =>
  drive(historianMachine, { settings: { ...settings, ...more }, records });
const names = (...records: Message[]) =>
  topExemplars(records.reduce(foldHistory, emptyHistory), settings).map(({ question }) => question);

describe("H_t", () => {
  test("is the top k by the peers' votes on the solution; the author's μ, then age, breaks ties", () => {
    expect(names(won("a", "ant", { votes: 4 }), won("b", "ant", { votes: 3 }))).toEqual(["a", "b"]);
    const famous = won("b", "ant", { votes: 3, mu: { ant: 40 } });
    expect(names(won("a", "ant", { votes: 4 }), famous)).toEqual(["a", "b"]);
    expect(
      names(won("a", "ant", { votes: 4, mu: { ant: 30 } }), won("b", "ant", { votes: 4 }), unwon),
    ).toEqual(["a", "b"]);
    expect(names(...["a", "b", "c", "d"].map((id) => won(id, "ant", { votes: 4 })))).toEqual(["d", "c", "b"]);
  });

  test("takes an uncontested winner only if fewer than k are assessed", () => {
    const famous = won("lone", "ant", { mu: { ant: 60 } });
    expect(names(famous, won("a", "bee", { votes: 3 }))).toEqual(["a", "lone"]);
    const assessed = ["a", "b", "c"].map((id) => won(id, "bee", { votes: 3 }));
    expect(names(...assessed, famous)).toEqual(["c", "b", "a"]);
  });

  test("differs in author and in kind if possible", () => {
    const by = (id: string, author: string, topic: string) => won(id, author, { votes: 4, topic });
    const same = ["a", "b", "c"].map((id) => by(id, "ant", "chain"));
    expect(names(by("s", "ant", "story"), by("o", "bee", "chain"), ...same)).toEqual(["c", "o", "s"]);
    expect(names(by("o", "bee", "story"), ...same)).toEqual(["c", "o", "b"]);
  });

  test("has what students read: question, solution and explanation", () => {
    const [exemplar] = start().send(won("a", "ant", { votes: 4, topic: "chain" })).state.context.exemplars;
    expect(exemplar).toMatchObject({
      ...{ question: "a", text: "about a", solution: "by ant", explanation: "because", author: "ant" },
      ...{ quality: 5 / 6, mu: 25, kind: "chain 1" },
    });
  });

  test("is taken from top-rated peers only while the strategy is elite", () => {
    const mixed = [won("a", "ant", { mu: { bee: 30 } }), won("b", "bee", { mu: { bee: 30 } })];
    expect(names(...mixed, switched("elite"))).toEqual(["b"]);
    expect(names(...mixed, switched("elite"), switched("explore"))).toEqual(["b", "a"]);
  });

  test("has its elite among those that still play", () => {
    const mu = { ant: 40, bee: 30 };
    const last = won("b", "bee", { mu });
    const withoutAnt = { ...last, dossier: { ...last.dossier, group: ["bee", "cat"] } };
    expect(names(won("a", "ant", { mu }), withoutAnt, switched("elite"))).toEqual(["b"]);
  });

  test("is empty while the strategy is fresh, and starts again after it", () => {
    expect(names(won("a", "ant"), switched("fresh"))).toEqual([]);
    expect(names(won("a", "ant"), switched("fresh"), won("b", "bee"))).toEqual([]);
    expect(names(won("a", "ant"), switched("fresh"), won("b", "bee"), switched("explore"))).toEqual(["b"]);
  });

  test("leaves out a winner without an explanation, unless explanations are off", () => {
    const mute = settledOf("mute", ["ant"]);
    const history = [won("a", "ant"), mute].reduce(foldHistory, emptyHistory);
    const questions = (explanation: boolean) =>
      topExemplars(history, { ...settings, explanation }).map(({ question }) => question);
    expect(questions(true)).toEqual(["a"]);
    expect(questions(false)).toEqual(["mute", "a"]);
  });

  test("is empty without eliteIcl", () => {
    expect(start({ eliteIcl: false }).send(won("a", "ant")).drafts).toEqual([]);
  });

  test("has at most k, and no author and kind twice while there are others", () => {
    const settled = fc.tuple(fc.constantFrom(...group), fc.integer({ min: 0, max: 4 }));
    fc.assert(
      fc.property(fc.array(settled, { maxLength: 40 }), (all) => {
        const records = all.map(([author, votes], index) => won(`q${index}`, author, { votes }));
        const history = records.reduce(foldHistory, emptyHistory);
        const top = topExemplars(history, settings);
        expect(top.length).toBe(Math.min(3, all.length));
        const assessed = history.candidates.filter(({ quality }) => quality > 0.5);
        const shown = top.filter(({ quality }) => quality > 0.5);
        expect(shown.length).toBe(Math.min(3, assessed.length));
        const authors = (exemplars: readonly { author: string }[]) =>
          new Set(exemplars.map(({ author }) => author)).size;
        expect(authors(shown)).toBe(Math.min(shown.length, authors(assessed)));
      }),
    );
  });
});

describe("the historian", () => {
  test("sends the history when it changes, and only then", () => {
    const first = start().send(won("a", "ant", { mu: { ant: 40 } }));
    expect(first.last).toMatchObject([{ type: "history.updated", exemplars: [{ question: "a" }] }]);
    expect(first.send(unwon).last).toEqual([]);
    const full = start({ exemplars: 1 }).send(won("a", "ant", { mu: { ant: 40 } }));
    expect(full.send(won("b", "bee")).last).toEqual([]);
  });

  test("restores the history from the journal, and sends it to agents that join or come back", () => {
    const resumed = start({}, [won("a", "ant")]);
    expect(resumed.last).toMatchObject([{ type: "history.updated", exemplars: [{ question: "a" }] }]);
    const joined = said("agent.joined", { agent: "dog", kind: "model", machine: {}, member: true });
    expect(resumed.send(joined).last).toEqual(resumed.last);
    expect(resumed.send(said("agent.returned", { agent: "dog" })).last).toEqual(resumed.last);
    expect(start().send(joined).last).toEqual([]);
  });

  test("has the same state from a journal as from the messages one by one", () => {
    const records = [won("a", "ant"), switched("elite"), won("b", "bee", { mu: { bee: 30 } }), unwon];
    const lived = start().send(...records).state.context;
    expect(start({}, records).state.context).toEqual(lived);
  });
});
