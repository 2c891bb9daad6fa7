/** A run's result for programs: the content of `result.json` and the output of `agora run --json`. */
import { precisionOf, rawOf, soundnessOf } from "./audit.ts";
import { difficultySpan, voidShareOf } from "./course.ts";
import { letThroughFacts } from "./let-through.ts";
import type { RunEnd, RunResult } from "./result.ts";

const endFacts = (end: RunEnd): { readonly outcome: RunEnd["outcome"]; readonly reason?: string } => {
  if (end.outcome === "finished") return { outcome: end.outcome, reason: end.reason };
  if (end.outcome === "stopped") return { outcome: end.outcome };
  return { outcome: end.outcome, reason: end.cause instanceof Error ? end.cause.message : String(end.cause) };
};

/** Plain JSON; keys are stable. */
export const factsOf = (result: RunResult) => {
  const { run, folder, audit, panelAudit, course, end, measures, jobs, usage } = result;
  const [start, final] = difficultySpan(course);
  return {
    ...{ run, folder, ...endFacts(end) },
    ...{ rounds: result.rounds, questions: result.questions, updates: result.updates },
    ...{ seconds: result.seconds, playSeconds: result.playSeconds },
    firstSettledSeconds: result.firstSettledSeconds,
    measuring: result.measuring,
    measures,
    consensus: {
      ...{ offered: audit.offered, verified: audit.verified },
      ...{
        precision: precisionOf(audit),
        precisionInEveryStep: soundnessOf(audit),
        rightOfAll: rawOf(audit),
      },
    },
    ...(panelAudit === undefined ? {} : { panels: letThroughFacts(panelAudit) }),
    curriculum: {
      ...{ difficultyStart: start, difficultyEnd: final, voidShare: voidShareOf(course) },
      switches: course.switches.map(({ round, before, after, cause }) => ({ round, before, after, cause })),
    },
    ...{ jobs, usage },
  };
};
