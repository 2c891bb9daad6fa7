/** Plays one society through its plan, and reads from what it leaves behind whether its invariants have held. */
import { existsSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { runFolder } from "../../cli/host/run-folder.ts";
import { resultIn } from "../../experiments/arms/run-state.ts";
import { noCost } from "../../runtime/model/ledger.ts";
import { printNote } from "../result.ts";
import { Injector } from "./injector.ts";
import { unmetered } from "./invariants/budget.ts";
import type { Evidence } from "./invariants/evidence.ts";
import { ofType } from "./invariants/evidence.ts";
import { violationsIn } from "./invariants/invariants.ts";
import { jobOfMark, marksFolder } from "./marking-trainer.ts";
import type { Plan } from "./plan.ts";
import { Society } from "./society.ts";
import { questionsPerRound } from "./society-config.ts";
import { Stranger } from "./stranger.ts";
import type { Trace } from "./trace.ts";

/** Rounds beyond those of the plan: faults that wait for calls or messages still meet some. */
const moreRounds = 3;
/** The next fault comes after this time although no question has ended [ms]. */
const longestGap = 10_000;
/** From the last fault to the end of the run, at most [ms]. */
const longestEnd = 180_000;

export interface Outcome {
  /** Faults that have happened. */
  readonly faults: number;
  /** Those that have met nothing: no call or message came any more. */
  readonly idle: number;
  readonly settled: number;
  readonly violations: readonly string[];
  readonly traces: readonly Trace[];
  /** Calls that are missing in the ledger: of processes that were killed or cut off. */
  readonly unmetered: number;
  readonly calls: number;
  readonly seconds: number;
}

/** Resolves when so many questions have ended, or nothing has for long. */
const progressed = async (society: Society, outcomes: number): Promise<void> => {
  const until = performance.now() + longestGap;
  while (society.observer.outcomes() < outcomes && performance.now() < until && !society.isOver)
    await sleep(50);
};

const injectAll = async (society: Society, injector: Injector): Promise<void> => {
  await progressed(society, 1);
  for (const fault of society.plan.faults) {
    await progressed(society, society.observer.outcomes() + fault.gap);
    if (society.isOver) return;
    injector.inject(fault);
  }
};

const finished = async (society: Society): Promise<boolean> => {
  const until = performance.now() + longestEnd;
  while (!society.isOver && performance.now() < until) await sleep(100);
  return society.isOver;
};

const marksIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).map((mark) => jobOfMark(mark)) : [];

const evidenceOf = ({ config, observer, models }: Society, injector: Injector): Evidence => ({
  config,
  records: observer.records(),
  announced: observer.settled,
  trained: marksIn(marksFolder(config)),
  received: new Map([...models].map(([name, { received }]) => [name, received])),
  reported: resultIn(runFolder(config))?.usage.total ?? noCost,
  traces: injector.traces,
});

/** Plays until the run has finished, or does not. */
const play = async (
  society: Society,
): Promise<{ readonly evidence: Evidence; readonly isFinished: boolean }> => {
  const stranger = await Stranger.open(society.server, society.config.run, society.observer);
  const injector = new Injector(society, stranger);
  try {
    await injectAll(society, injector);
    await injector.rest();
    const isFinished = await finished(society);
    await society.stop();
    return { evidence: evidenceOf(society, injector), isFinished };
  } finally {
    await stranger.close();
    await society.stop();
    await society.close();
  }
};

export const playPlan = async (plan: Plan): Promise<Outcome> => {
  const startedAt = performance.now();
  const gaps = plan.faults.reduce((sum, { gap }) => sum + gap, 0);
  const society = await Society.start(plan, Math.ceil(gaps / questionsPerRound) + moreRounds);
  const { evidence, isFinished } = await play(society);
  const violations = [
    ...(isFinished ? [] : [`the run has not finished ${longestEnd / 1000} s after the last fault`]),
    ...society.complaints,
    ...violationsIn(evidence),
  ];
  if (violations.length === 0) society.remove();
  else printNote(`  what is left: ${society.folder}`);
  const happened = evidence.traces.filter((trace) => trace.evidence.length > 0).length;
  return {
    faults: happened,
    idle: plan.faults.length - happened,
    settled: ofType(evidence.records, "question.settled").length,
    violations,
    traces: evidence.traces,
    unmetered: unmetered(evidence),
    calls: ofType(evidence.records, "call.metered").reduce((sum, { calls }) => sum + calls, 0),
    seconds: (performance.now() - startedAt) / 1000,
  };
};
