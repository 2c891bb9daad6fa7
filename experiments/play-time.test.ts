/** The seconds of a run in reports and comparisons. */
import { expect, test } from "vitest";
import { said } from "../machines/machines.fixture.ts";
import type { Message, MessageType } from "../runtime/messages.ts";
import { playSecondsOf } from "./play-time.ts";

const day = 86_400;

/** A record at a time [s]. */
const at = (seconds: number, type: MessageType, more: object = {}): Message =>
  ({ ...said(type, more as never), at: 1000 * seconds }) as Message;

const joined = (seconds: number): Message =>
  at(seconds, "agent.joined", { agent: "referee", kind: "referee", machine: {}, member: false });
const measured = (seconds: number): Message[] => [
  at(seconds, "measure.planned", { answers: 5 }),
  at(seconds + 300, "run.measured", { unmeasured: {}, interrupted: false }),
];
const finished = (seconds: number): Message => at(seconds, "run.finished", { rounds: 1, reason: "played" });

test("the measuring of a run is no time in which it is played", () => {
  const records = [joined(0), at(7, "round.closed"), finished(9), ...measured(10)];
  expect(playSecondsOf(records)).toBe(9);
});

test("a run that was stopped and went on a day later was not played in between", () => {
  const records = [
    joined(0),
    at(7, "round.closed"),
    joined(day),
    at(day + 3, "round.closed"),
    finished(day + 5),
  ];
  expect(playSecondsOf(records)).toBe(12);
});

test("a run that was finished, measured and extended was played twice", () => {
  const extended = [at(day, "run.extended"), joined(day + 1), at(day + 8, "round.closed"), finished(day + 9)];
  const records = [joined(0), finished(9), ...measured(10), ...extended, ...measured(day + 10)];
  expect(playSecondsOf(records)).toBe(9 + 8);
});

test("a run without records was not played", () => {
  expect(playSecondsOf([])).toBe(0);
});
