import { expect, test } from "vitest";
import type { Draft, Message } from "../runtime/messages.ts";
import { attendanceMachine } from "./attendance.ts";
import { mostMissed } from "./folds/roll.ts";
import {
  after,
  type Driven,
  dossierOf,
  drive,
  said,
  settings,
  settledOf,
  typesOf,
} from "./machines.fixture.ts";

const start = () => drive(attendanceMachine, { settings, life: "host" });
type Attendance = Driven<typeof attendanceMachine>;

const pulsed = (agent: string, life = "one", leaves?: string): Message =>
  said("agent.pulsed", { agent, life, every: 2, ...(leaves === undefined ? {} : { leaves }) });
const own = pulsed("attendance", "host");
const joined = (agent: string): Message =>
  said("agent.joined", { agent, kind: "model", machine: {}, member: true });
const opened = (generator: string, count = 2): Message =>
  said("round.opened", {
    ...{ round: 0, attempt: 0, generator, difficulty: 1, count },
    strategy: "explore",
  });
const posed = (question: string, author: string): Message =>
  said("question.posed", {
    ...{ question, round: 0, author, adapter: 3, difficulty: 1, text: "2+2" },
    group: ["ant", "bee"],
  });
const missing = (attendance: Attendance, times = mostMissed): Attendance =>
  attendance.send(...Array.from({ length: times }, () => own));
const abandonedIn = (drafts: readonly Draft[]): string[] =>
  drafts.flatMap((draft) => (draft.type === "question.abandoned" ? draft.question : []));
const voided = (question: string): Message =>
  said("question.voided", { question, round: 0, author: "bee", adapter: 0, text: "", reason: "" });
const roundClosed = said("round.closed", {
  ...{ round: 0, settled: 1, voided: 1, solutions: 0, verified: 0, admitted: 0, passRate: 0, target: 0 },
  ...{ difficulty: 1, nextDifficulty: 1, surprise: 0, strategy: "explore" },
});
const beat = after("beat", "attendance.watching");

test("the host shows a sign of life at once, and then every heartbeat", () => {
  const attendance = start();
  const sign = { type: "agent.pulsed", agent: "attendance", life: "host", every: 2 };
  expect(attendance.drafts).toEqual([sign]);
  expect(attendance.send(after("beat", "attendance.watching")).last).toEqual([sign]);
});

test("who shows none any more is absent, once, and what it owes is abandoned", () => {
  const there = start().send(pulsed("bee"), opened("bee"), posed("q0-0-1.0", "bee"));
  const early = missing(there, mostMissed - 1);
  expect(typesOf(early.drafts)).toEqual(["agent.pulsed"]);
  const gone = early.send(own);
  expect(gone.last[0]).toEqual({
    ...{ type: "agent.lapsed", agent: "bee", failures: 0 },
    cause: "no sign of life for 10 s",
  });
  expect(abandonedIn(gone.last)).toEqual(["q0-0-1.0", "q0-0-1.1"]);
  expect(gone.last[1]).toMatchObject({ author: "bee", adapter: 3, text: "2+2", round: 0 });
  expect(missing(gone).drafts).toEqual(gone.drafts);
});

test("what a round asks of who is absent already is abandoned, and not of who is back", () => {
  const absent = missing(start().send(pulsed("bee"))).send(opened("bee"));
  const said = absent.send(beat).last;
  expect(abandonedIn(said)).toEqual(["q0-0-1.0", "q0-0-1.1"]);
  expect(said[1]).toMatchObject({ author: "bee", reason: "bee is gone: it is absent as the round opens" });
  expect(abandonedIn(absent.send(voided("q0-0-1.0"), beat).last)).toEqual(["q0-0-1.1"]);
  const back = missing(start().send(pulsed("bee"))).send(pulsed("bee"), opened("bee"), beat);
  expect(abandonedIn(back.last)).toEqual([]);
});

test("a round waits for an agent that poses all rounds, also for one that is absent", () => {
  const poser = { ...joined("bee"), poses: true } as Message;
  const absent = missing(start().send(poser, pulsed("bee"))).send(opened("bee"));
  expect(abandonedIn(absent.send(beat).last)).toEqual([]);
  const member = missing(start().send(poser, joined("bee"), pulsed("bee"))).send(opened("bee"));
  expect(abandonedIn(member.send(beat).last)).toHaveLength(2);
});

test("a sign of life resets the count, and so does joining", () => {
  const there = missing(start().send(pulsed("bee")), mostMissed - 1);
  for (const sign of [
    pulsed("bee"),
    said("agent.joined", { agent: "bee", kind: "model", machine: {}, member: true }),
  ]) {
    expect(abandonedIn(missing(there.send(sign), mostMissed - 1).last)).toEqual([]);
    expect(typesOf(missing(there.send(sign), mostMissed - 1).last)).toEqual([]);
  }
});

test("while the host does not hear itself, and by the signs of another host, nobody is missed", () => {
  const there = start().send(pulsed("bee"));
  const beats = Array.from({ length: 20 }, () => after("beat", "attendance.watching"));
  expect(typesOf(there.send(...beats).drafts)).not.toContain("agent.lapsed");
  const strange = Array.from({ length: 20 }, () => pulsed("attendance", "another"));
  expect(there.send(...strange).last).toEqual([]);
});

test("who says that it leaves is absent at once, and is not missed a second time", () => {
  const there = start().send(pulsed("bee"), opened("bee", 1));
  const gone = there.send(pulsed("bee", "one", "stopped"));
  expect(gone.last[0]).toMatchObject({ type: "agent.lapsed", agent: "bee", cause: "it left: stopped" });
  expect(abandonedIn(gone.last)).toHaveLength(1);
  expect(missing(gone.send(pulsed("bee", "one", "stopped"))).drafts).toEqual(gone.drafts);
});

test("who says that it leaves after the end of the run is not absent", () => {
  const there = start().send(pulsed("bee"), opened("bee", 1));
  const over = there.send(said("run.finished", { rounds: 1, reason: "1 round played" }));
  expect(over.send(pulsed("bee", "one", "the run has finished")).drafts).toEqual(there.drafts);
});

test("who is back has recovered; who joins again is simply there", () => {
  const gone = missing(start().send(pulsed("bee")));
  const back = gone.send(pulsed("bee"));
  expect(back.last).toEqual([{ type: "agent.recovered", agent: "bee" }]);
  expect(gone.send(joined("bee"), pulsed("bee")).last).toEqual([]);
});

test("who joins again before it is missed loses what it owed", () => {
  const there = start().send(pulsed("bee"), posed("q1", "bee"), posed("q2", "ant"));
  const again = there.send(joined("bee"));
  expect(typesOf(again.last)).toEqual(["agent.lapsed", "question.abandoned", "agent.recovered"]);
  expect(abandonedIn(again.last)).toEqual(["q1"]);
});

test("questions that have an outcome are not abandoned, nor those of a closed round, nor others'", () => {
  const there = start().send(
    ...[pulsed("bee"), posed("q1", "bee"), posed("q2", "bee"), posed("q3", "bee"), posed("q4", "ant")],
    settledOf("q1", ["ant"]),
    voided("q2"),
  );
  expect(abandonedIn(missing(there).last)).toEqual(["q3"]);
  expect(abandonedIn(missing(there.send(said("agent.left", { agent: "bee", reason: "" }))).drafts)).toEqual(
    [],
  );
});

test("questions that have closed are not abandoned: they settle without their author", () => {
  const there = start().send(pulsed("bee"), posed("q1", "bee"), posed("q2", "bee"));
  const closed = there.send(said("question.closed", { dossier: dossierOf({ question: "q1" }) }));
  expect(abandonedIn(closed.send(joined("bee")).last)).toEqual(["q2"]);
});

test("what is abandoned is said again with every sign of life, until it has an outcome or its round is closed", () => {
  const gone = missing(
    start().send(pulsed("bee"), posed("q1", "bee"), posed("q2", "bee"), posed("q3", "bee")),
  );
  expect(abandonedIn(gone.send(beat).last)).toEqual(["q1", "q2", "q3"]);
  const ended = gone.send(pulsed("bee"), voided("q1"), settledOf("q2", ["ant"]), beat);
  expect(abandonedIn(ended.last)).toEqual(["q3"]);
  expect(abandonedIn(ended.send(roundClosed, beat).last)).toEqual([]);
});

test("agents without signs of life are never missed", () => {
  const played = missing(start().send(joined("ant"), opened("ant"), posed("q1", "ant")), 20);
  expect(typesOf(played.drafts)).toEqual(["agent.pulsed"]);
});
