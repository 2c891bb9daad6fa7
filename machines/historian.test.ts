import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message, MessageOf } from "../runtime/messages.ts";
import { emptyHistory, foldHistory, historianMachine, topExemplars } from "./historian.ts";
import type { Settings } from "./settings.ts";
import { drive, group, said, settings, settledOf } from "./testing.ts";

/** A question won by `author`, after which the group is rated so. */
const won = (
  question: string,
  author: string,
  mu: Record<string, number> = {},
): MessageOf<"question.settled"> => {
  const ratings = Object.fromEntries(group.map((member) => [member, { mu: mu[member] ?? 25, sigma: 8 }]));
  const message = settledOf(question, [author], { ratings });
  const explanation = { solution: `${question}/${author}`, author, adapter: 0, text: "because" };
  return { ...message, dossier: { ...message.dossier, explanation } };
};
const unwon = settledOf("none", []);
const switched = (after: "explore" | "elite"): Message =>
  said("strategy.changed", { round: 0, before: after === "elite" ? "explore" : "elite", after, cause: "" });

const start = (more: Partial<Settings> = {}, records: readonly Message[] = []) =>
  drive(historianMachine, { settings: { ...settings, ...more }, records });
const names = (...records: Message[]) =>
  topExemplars(records.reduce(foldHistory, emptyHistory), settings).map(({ question }) => question);

describe("H_t", () => {
  test("is the top k by the author's μ, the newer first among equals", () => {
    expect(names(won("a", "ant"), won("b", "bee"))).toEqual(["b", "a"]);
    expect(names(won("a", "ant", { ant: 30 }), won("b", "bee"), unwon)).toEqual(["a", "b"]);
    expect(names(...["a", "b", "c", "d"].map((id) => won(id, "ant")))).toEqual(["d", "c", "b"]);
  });

  test("holds what students read: question, solution and explanation", () => {
    const [exemplar] = start().send(won("a", "ant")).state.context.exemplars;
    expect(exemplar).toEqual({
      ...{ question: "a", text: "about a", solution: "by ant", explanation: "because", author: "ant" },
      quality: 25,
    });
  });

  test("is taken from top-rated peers only while the strategy is elite", () => {
    const mixed = [won("a", "ant", { bee: 30 }), won("b", "bee", { bee: 30 })];
    expect(names(...mixed, switched("elite"))).toEqual(["b"]);
    expect(names(...mixed, switched("elite"), switched("explore"))).toEqual(["b", "a"]);
  });

  test("leaves out a winner that could not explain itself, unless nobody is asked to", () => {
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

  test("never has more than k, nor anything worse than what it leaves out", () => {
    const settled = fc.tuple(fc.constantFrom(...group), fc.integer({ min: 0, max: 50 }));
    fc.assert(
      fc.property(fc.array(settled, { maxLength: 40 }), (all) => {
        const records = all.map(([author, mu], index) => won(`q${index}`, author, { [author]: mu }));
        const history = records.reduce(foldHistory, emptyHistory);
        const top = topExemplars(history, settings);
        expect(top.length).toBe(Math.min(3, all.length));
        const worst = Math.min(...top.map(({ quality }) => quality));
        const rest = history.candidates.filter((candidate) => !top.includes(candidate));
        expect(rest.every(({ quality }) => quality <= worst)).toBe(true);
      }),
    );
  });
});

describe("the historian", () => {
  test("tells the group when the history changes, and only then", () => {
    const first = start().send(won("a", "ant", { ant: 40 }));
    expect(first.last).toMatchObject([{ type: "history.updated", exemplars: [{ question: "a" }] }]);
    expect(first.send(unwon).last).toEqual([]);
    const full = start({ exemplars: 1 }).send(won("a", "ant", { ant: 40 }));
    expect(full.send(won("b", "bee")).last).toEqual([]);
  });

  test("recalls the journal, and tells it again to whoever joins", () => {
    const resumed = start({}, [won("a", "ant")]);
    expect(resumed.last).toMatchObject([{ type: "history.updated", exemplars: [{ question: "a" }] }]);
    const joined = said("agent.joined", { agent: "dog", kind: "model", machine: {}, member: true });
    expect(resumed.send(joined).last).toEqual(resumed.last);
    expect(start().send(joined).last).toEqual([]);
  });

  test("knows the same whether it lived through the journal or read it", () => {
    const records = [won("a", "ant"), switched("elite"), won("b", "bee", { bee: 30 }), unwon];
    const lived = start().send(...records).state.context;
    expect(start({}, records).state.context).toEqual(lived);
  });
});
