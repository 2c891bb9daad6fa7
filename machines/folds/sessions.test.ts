import { expect, test } from "vitest";
import type { Message } from "../../runtime/messages.ts";
import { Sessions } from "./sessions.ts";

const joined = (agent: string, at: number, model?: string): Message => ({
  ...{ type: "agent.joined", from: agent, agent, at, kind: agent, machine: {}, member: model !== undefined },
  ...(model === undefined ? {} : { model }),
});
const planned = (at: number): Message => ({ type: "measure.planned", from: "host", at, answers: 5 });
const measured = (at: number): Message => ({
  ...{ type: "run.measured", from: "host", at, unmeasured: {}, interrupted: true },
});
const lapsed = (at: number): Message => ({
  ...{ type: "agent.lapsed", from: "ant", agent: "ant", at, failures: 3, cause: "none" },
});
const extended = (at: number): Message => ({ type: "run.extended", from: "host", at, rounds: 5 });
const forked = (at: number): Message => ({
  ...{ type: "run.forked", from: "host", at, act: "a", operator: "o", parent: "p", records: 2, changed: [] },
});

const breaksOf = (...facts: readonly Message[]) => {
  const sessions = new Sessions();
  for (const fact of facts) sessions.accept(fact);
  const { length, breaks } = sessions;
  return { length, breaks: breaks.map(({ from, to }) => [from, to]) };
};

const begin = (at: number) => [
  joined("historian", at),
  joined("referee", at + 1),
  joined("ant", at + 1, "m"),
];

test("a run that one process plays has no breaks, whatever guests do", () => {
  const facts = [...begin(5), joined("bee", 900, "m"), lapsed(950), joined("bee", 2000, "m"), planned(3000)];
  expect(breaksOf(...facts)).toEqual({ length: 0, breaks: [] });
});

test("a break lasts from the last record of a process to the first one of the next", () => {
  const facts = [...begin(5), lapsed(50), ...begin(1000), lapsed(1100), ...begin(5000)];
  expect(breaksOf(...facts)).toEqual({
    length: 950 + 3900,
    breaks: [
      [50, 1000],
      [1100, 5000],
    ],
  });
});

test("an extended run, and one that was forked, stand still until somebody plays them", () => {
  expect(breaksOf(...begin(5), extended(500), ...begin(600)).breaks).toEqual([
    [6, 500],
    [500, 600],
  ]);
  expect(breaksOf(...begin(5), lapsed(40), forked(90_000), extended(90_000)).breaks).toEqual([[40, 90_000]]);
});

test("a finished run that is measured later stands still until then", () => {
  const { breaks } = breaksOf(...begin(5), planned(10), measured(20), planned(700), measured(720));
  expect(breaks).toEqual([[20, 700]]);
});
