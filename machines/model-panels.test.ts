import { describe, expect, test } from "vitest";
import type { Message, Verdict } from "../runtime/messages.ts";
import { firstVerifiersOf, panelOf } from "./folds/panel.ts";
import { drive, settings as plain, said, solutionOf } from "./machines.fixture.ts";
import { modelMachine } from "./model.ts";
import type { Settings } from "./settings.ts";

const group = ["ant", "bee", "cat", "dog", "eel", "fox"];
const settings: Settings = { ...plain, verifiers: 2, auditShare: 0 };

const begin = (name: string, more: Partial<Settings> = {}) =>
  drive(modelMachine, { name, settings: { ...settings, ...more }, adapter: 0, exemplars: [] });

const ant = solutionOf("ant");
/** As its author offers a solution: it names those who verify it first. */
const offeredBy = (author: string, more: Partial<Settings> = {}) => {
  const offered = solutionOf(author);
  const verifiers = firstVerifiersOf({ question: "q", group }, offered, { ...settings, ...more });
  return said("solution.offered", { question: "q", text: "2+2", group, verifiers, offered });
};
const offered: Message = offeredBy("ant");
const requested = (...verifiers: string[]): Message =>
  said("verdict.requested", { question: "q", text: "2+2", group, verifiers, offered: ant });
const verdict = (verifier: string, given: Verdict["verdict"]): Message =>
  said("verdict.given", {
    question: "q",
    verdicts: [{ solutionId: ant.solutionId, verifier, adapter: 0, verdict: given, text: "" }],
  });
const checks = ({ state }: ReturnType<typeof begin>): string[] =>
  state.context.underway.verify.map(({ id }) => id);
const beginning = (more: Partial<Settings>, ...events: Message[]): string[] =>
  group.filter((name) => checks(begin(name, more).send(...events)).length > 0);

const panel = panelOf({ question: "q", group }, ant, settings);
const [first, second] = panel as [string, string];
const outsider = group.find((member) => member !== "ant" && !panel.includes(member)) ?? "";

describe("who verifies", () => {
  test("all peers by default, the panel where one is drawn, the whole group in an audit", () => {
    expect(beginning({}, offeredBy("ant", { verifiers: undefined }))).toEqual(group.slice(1));
    expect(beginning({}, offered)).toEqual(panel);
    expect(beginning({}, offeredBy("ant", { auditShare: 1, verifiers: 3 }))).toEqual(group.slice(1));
  });

  test("first verifiers begin with the offer, the others when they are asked, everybody once", () => {
    const more = { firstVerifiers: 1 };
    expect(firstVerifiersOf({ question: "q", group }, ant, { ...settings, ...more })).toEqual([first]);
    expect(beginning(more, offeredBy("ant", more))).toEqual([first]);
    expect(beginning(more, requested(second))).toEqual([second]);
    expect(checks(begin(first, more).send(offeredBy("ant", more), requested(first, second)))).toEqual([
      "verify:q/ant",
    ]);
  });

  test("a later one checks the solution like a first one", () => {
    const { state } = begin(second, { firstVerifiers: 1 }).send(requested(second));
    expect(state.matches({ verifier: "verifying" })).toBe(true);
    expect(state.context.underway.verify).toEqual([
      { kind: "verify", id: "verify:q/ant", question: "q", text: "2+2", group, solution: ant },
    ]);
  });

  test("nobody who is absent", () => {
    const failed = (index: number) => ({
      work: { kind: "solve", id: `${index}`, question: "r", text: "", group, exemplars: [] } as const,
      ...({ outcome: "failed", cause: "down" } as const),
    });
    const ended = [0, 1, 2].map((index) => failed(index));
    const absent = begin(second).send({ type: "work.ended", kind: "solve", ended });
    expect(absent.state.matches({ presence: "absent" })).toBe(true);
    expect(checks(absent.send(offered, requested(second)))).toEqual([]);
  });
});

describe("a check stops", () => {
  test("at the refusal of another member of the panel", () => {
    expect(checks(begin(first).send(offered, verdict(second, "refuse")))).toEqual([]);
  });

  test("neither at an acceptance nor at what somebody outside the panel says", () => {
    const checking = begin(first).send(offered, verdict(second, "accept"), verdict(outsider, "refuse"));
    expect(checks(checking)).toEqual(["verify:q/ant"]);
  });

  test("not at all in an audit: every verdict is wanted", () => {
    const auditing = begin(first, { auditShare: 1, verifiers: 3 }).send(offered, verdict(second, "refuse"));
    expect(checks(auditing)).toEqual(["verify:q/ant"]);
  });
});

test("a member that begins anew takes the same solutions to check", () => {
  const offers = group.slice(1).map((author) => offeredBy(author));
  const taken = () => checks(begin("ant").send(...offers));
  const expected = offers.filter(({ offered: one }) =>
    panelOf({ question: "q", group: [...group] }, one, { ...settings }).includes("ant"),
  );
  expect(taken()).toEqual(expected.map(({ offered: { solutionId } }) => `verify:${solutionId}`));
  expect(taken()).toEqual(taken());
});
