/** The facts of a report, from the journal alone: no model is called. */
import { actText, isAct } from "../machines/folds/act-text.ts";
import type { Config } from "../runtime/config/config.ts";
import type { Message } from "../runtime/messages.ts";
import type { Task } from "../runtime/task.ts";
import { emptyAudit, foldAudit, precisionOf, rawOf, soundnessOf } from "./audit.ts";
import { comparisonsIn } from "./comparisons.ts";
import { contaminationIn } from "./contamination-audit.ts";
import {
  curriculumCorrelation,
  difficultySpan,
  emptyCourse,
  foldCourse,
  slumpsOf,
  stalenessOf,
  voidShareOf,
} from "./course.ts";
import { jobsIn } from "./jobs.ts";
import { letThroughFacts, panelAuditIn } from "./let-through.ts";
import { emptyLineage, foldLineage, updatesIn } from "./lineage.ts";
import { emptyUsage, foldUsage } from "./usage.ts";

const turns: ReadonlySet<Message["type"]> = new Set([
  ...(["round.opened", "run.extended", "run.failed", "run.finished"] as const),
]);

const endOf = (records: readonly Message[]): string => {
  const last = records.findLast(({ type }) => turns.has(type));
  if (last?.type === "run.failed") return `failed: ${last.reason}`;
  return last?.type === "run.finished" ? `finished: ${last.reason}` : "not finished";
};

const consensusOf = (records: readonly Message[], task: Task | undefined) => {
  if (task === undefined) return undefined;
  const audit = records.reduce(foldAudit(task), emptyAudit);
  return {
    ...{ offered: audit.offered, verified: audit.verified, verifiedRight: audit.verifiedRight },
    ...{ precision: precisionOf(audit), precisionInEveryStep: soundnessOf(audit), rightOfAll: rawOf(audit) },
  };
};

const curriculumOf = (records: readonly Message[]) => {
  const course = records.reduce(foldCourse, emptyCourse);
  const [difficultyStart, difficultyEnd] = difficultySpan(course);
  return {
    ...{ difficultyStart, difficultyEnd, voidShare: voidShareOf(course), slumps: slumpsOf(course) },
    followsAbility: curriculumCorrelation(course),
    staleness: stalenessOf(course),
    switches: course.switches.map(({ round, before, after, cause }) => ({ round, before, after, cause })),
    rounds: course.rounds,
  };
};

/** What people did to the run while it was played. */
const actsOf = (records: readonly Message[]) =>
  records.filter(isAct).map((act) => ({ at: act.at, operator: act.operator, did: actText(act) }));

const panelsOf = (records: readonly Message[], config: Config) => {
  const audit = panelAuditIn(records, config);
  return audit === undefined ? undefined : letThroughFacts(audit);
};

/** `task` knows the right answers; without it the facts about the consensus are missing. */
export const reportFacts = (records: readonly Message[], config: Config, task: Task | undefined) => ({
  run: config.run,
  end: endOf(records),
  begunAt: records[0]?.at,
  endedAt: records.findLast(({ type }) => !type.startsWith("measure."))?.at,
  rounds: records.filter(({ type }) => type === "round.closed").length,
  questions: records.filter(({ type }) => type === "question.settled").length,
  updates: updatesIn(records.reduce(foldLineage, emptyLineage)),
  comparisons: comparisonsIn(records),
  jobs: jobsIn(records),
  contamination: task === undefined ? undefined : contaminationIn(records, task),
  curriculum: curriculumOf(records),
  consensus: consensusOf(records, task),
  panels: panelsOf(records, config),
  acts: actsOf(records),
  usage: records.reduce(foldUsage, emptyUsage),
});

export type ReportFacts = ReturnType<typeof reportFacts>;
