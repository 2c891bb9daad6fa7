/** What a run's files hold of the events of an agent or a crowd. */
import { expect, test } from "vitest";
import { modelMachine } from "../../machines/model.ts";
import { questionMachine } from "../../machines/question.ts";
import { dossier } from "../../runtime/messages.fixture.ts";
import type { Message } from "../../runtime/messages.ts";
import { factOf } from "./facts.ts";
import { knowsNothing } from "./judge.ts";
import { type Listener, type RecordedQuery, recordedEvents } from "./recorded-events.ts";

const voided: Message = {
  ...{ type: "question.voided", from: "bee/q2", at: 40, question: "q2", round: 1, author: "bee", adapter: 0 },
  ...{ text: "1+1", reason: "duplicate" },
};
const messages: Message[] = [
  {
    type: "strategy.changed",
    from: "supervisor",
    at: 5,
    round: 0,
    before: "explore",
    after: "elite",
    cause: "test",
  },
  { type: "question.settled", from: "ant/q1", at: 30, dossier: dossier("q1"), ratings: {}, admissions: [] },
  voided,
];
const told = {
  q1: [
    { at: 10, type: "question.posed", from: "ant", about: [] },
    { at: 20, type: "solution.offered", from: "bob", about: ["q1.bob"] },
    { at: 30, type: "question.settled", from: "ant/q1", about: [] },
  ],
  q2: [{ at: 35, type: "question.posed", from: "bee", about: [] }],
};
const chronicle = {
  facts: messages.map((message) => factOf(message, { judge: knowsNothing, learnChart: () => "chart" })),
  toldAbout: (question: string) => told[question as keyof typeof told],
};
const question = { machine: questionMachine, isCrowd: true };
const model = { machine: modelMachine, isCrowd: false };
const eventsOf = (listener: Listener, query: Partial<RecordedQuery>) =>
  recordedEvents(chronicle, listener, { agent: "ant", limit: 100, ...query });
const lines = (listener: Listener, query: Partial<RecordedQuery> = {}) =>
  eventsOf(listener, query).events.map(({ at, agent, event, senders }) => [at, agent, event, ...senders]);

test("a crowd has each message about its questions once, newest first", () => {
  expect(lines(question, { agent: "questions" })).toEqual([
    [40, "q2", "question.voided", "bee/q2"],
    [35, "q2", "question.posed", "bee"],
    [30, "q1", "question.settled", "ant/q1"],
    [20, "q1", "solution.offered", "bob"],
    [10, "q1", "question.posed", "ant"],
  ]);
  expect(eventsOf(question, { from: "bob" }).events[0]?.questions).toEqual(["q1"]);
});

test("an agent has the messages that its machine hears, up to a time and of one sender", () => {
  expect(lines(model)).toEqual([
    [40, "ant", "question.voided", "bee/q2"],
    [35, "ant", "question.posed", "bee"],
    [30, "ant", "question.settled", "ant/q1"],
    [20, "ant", "solution.offered", "bob"],
    [10, "ant", "question.posed", "ant"],
  ]);
  expect(lines(model, { until: 20 })).toHaveLength(2);
  expect(lines(model, { from: "bee" })).toEqual([[35, "ant", "question.posed", "bee"]]);
  expect(lines(model, { limit: 2 }).map(([at]) => at)).toEqual([40, 35]);
});

test("messages of short-lived actors are those of their crowd", () => {
  const fromCrowd = lines({ ...model, hearsCrowd: true }, { from: "questions" });
  expect(fromCrowd).toEqual([
    [40, "ant", "question.voided", "bee/q2"],
    [30, "ant", "question.settled", "ant/q1"],
  ]);
  expect(lines(model, { from: "questions" })).toEqual([]);
});

test("a state has the messages of its transitions, and names the events that no file holds", () => {
  const { events, unrecorded } = eventsOf(question, { agent: "questions", state: "solving" });
  expect(events.map(({ event }) => event)).toEqual(["solution.offered"]);
  expect(unrecorded.some((words) => words.startsWith("after "))).toBe(true);
  expect(unrecorded).not.toContain("solution.offered");
});
