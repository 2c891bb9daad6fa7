/** What a report needs of one run: from its journal and its exact answers. No model is called. */
import type { Message } from "../../runtime/messages.ts";
import type { Task } from "../../runtime/task.ts";
import { type Audit, emptyAudit, foldAudit } from "../audit.ts";
import { emptyCourse, foldCourse } from "../course.ts";
import { type FinalReading, finalReadings } from "../final-readings.ts";
import { diversityOf, foldDiversity, noDiversity } from "../group/diversity.ts";
import { foldRefusals, noRefusals, type Refusals, rightnessOf } from "../group/refusals.ts";
import { foldStaleness, noStaleness, stalenessFacts } from "../group/staleness.ts";
import { type DriftAlarm, driftAlarms, foldChecks, noChecks } from "../group/verifier-drift.ts";
import { emptyLineage, foldLineage, updatesIn } from "../lineage.ts";
import { playSecondsOf } from "../play-time.ts";
import { rightShare } from "../right-share.ts";
import { emptyUsage, foldUsage, type Usage } from "../usage.ts";
import { type AuditedRound, auditedRounds } from "./audit-rounds.ts";
import { type Contamination, contaminationIn } from "./contamination-facts.ts";
import { type ReportRound, roundsIn } from "./rounds.ts";

/** Which run of which experiment it is. */
export interface RunPlace {
  readonly run: string;
  readonly arm: string;
  readonly task: string;
  readonly seed: number;
  readonly folder: string;
}

export interface RunFacts extends RunPlace {
  readonly rounds: readonly ReportRound[];
  /** Round and strategy of each switch. */
  readonly switches: readonly { readonly round: number; readonly after: string }[];
  readonly questions: number;
  readonly updates: number;
  readonly finals: readonly FinalReading[];
  /** In-domain accuracy of each model: base weights, then after each update. */
  readonly curves: Readonly<Record<string, readonly number[]>>;
  /** Undefined if the task knows no answers of posed questions. */
  readonly audit: Audit | undefined;
  readonly audits: readonly AuditedRound[];
  readonly refusals: Refusals;
  readonly diversity: ReturnType<typeof diversityOf>;
  readonly staleness: ReturnType<typeof stalenessFacts>;
  /** Undefined if the task knows no answers of posed questions. */
  readonly alarms: readonly DriftAlarm[] | undefined;
  readonly usage: Usage;
  /** Until the last round closed, which is what a budget counts, and with the jobs and measurements that followed. */
  readonly playTokens: number;
  readonly tokens: number;
  /** Solutions that the group verified, and samples that entered the buffer. */
  readonly verified: number;
  readonly admitted: number;
  readonly contamination: Contamination;
  /** Of play, without breaks and measuring. */
  readonly seconds: number;
}

/** Zero-shot in-domain accuracy of one model after each change of weights; versions without a reading are left out. */
const curveOf = (records: readonly Message[], inDomain: string | undefined, model: string): number[] => {
  const readings = records.filter((record) => record.type === "measure.taken");
  const own = readings.filter(
    (one) => one.kind === "zero-shot" && one.set === inDomain && one.model === model,
  );
  const { points } = records.reduce(foldLineage, emptyLineage);
  return points.flatMap(({ versions }) => {
    const found = own.findLast(({ adapter }) => adapter === (versions[model] ?? 0));
    return found === undefined ? [] : [rightShare(found.answers)];
  });
};

export const runFacts = (place: RunPlace, records: readonly Message[], task: Task | undefined): RunFacts => {
  const isRight = rightnessOf(task);
  const finals = finalReadings(records);
  const rounds = roundsIn(records);
  const audit = task === undefined ? emptyAudit : records.reduce(foldAudit(task), emptyAudit);
  const usage = records.reduce(foldUsage, emptyUsage);
  const course = records.reduce(foldCourse, emptyCourse);
  const inDomain = finals.find(({ kind }) => kind === "zero-shot")?.set;
  const isAudited = audit.offered > 0;
  return {
    ...place,
    ...{ rounds, finals, usage },
    switches: course.switches.map(({ round, after }) => ({ round, after })),
    questions: records.filter(({ type }) => type === "question.settled").length,
    updates: updatesIn(records.reduce(foldLineage, emptyLineage)),
    curves: Object.fromEntries(
      [...new Set(finals.map(({ model }) => model))].map((model) => [
        model,
        curveOf(records, inDomain, model),
      ]),
    ),
    audit: isAudited ? audit : undefined,
    audits: auditedRounds(records, task),
    refusals: records.reduce(foldRefusals(isRight), noRefusals),
    diversity: diversityOf(records.reduce(foldDiversity, noDiversity)),
    staleness: stalenessFacts(records.reduce(foldStaleness, noStaleness)),
    alarms: isAudited ? driftAlarms(records.reduce(foldChecks(isRight), noChecks)) : undefined,
    playTokens: rounds.at(-1)?.tokens ?? 0,
    tokens: usage.total.promptTokens + usage.total.completionTokens,
    verified: rounds.reduce((sum, round) => sum + round.verified, 0),
    admitted: rounds.reduce((sum, round) => sum + round.admitted, 0),
    contamination: contaminationIn(records, task),
    seconds: playSecondsOf(records),
  };
};
