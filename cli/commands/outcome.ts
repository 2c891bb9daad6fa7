/** The exit code of a run, from its result. */
import { allFailed } from "../../experiments/jobs.ts";
import type { RunResult } from "../../experiments/result.ts";
import { EXIT, type ExitCode, exitCodeOf } from "../exit-codes.ts";

const isUnmeasured = ({ measures }: RunResult): boolean =>
  measures !== undefined &&
  Object.keys(measures.unmeasured).length > 0 &&
  Object.keys(measures.curve[0]?.scores ?? {}).length === 0;

export const outcomeCode = (result: RunResult): ExitCode => {
  const { end, jobs, measuring } = result;
  if (end.outcome === "failed") return exitCodeOf(end.cause);
  if (end.outcome === "stopped" || measuring === "interrupted") return EXIT.interrupted;
  if (allFailed(jobs)) return EXIT.untrained;
  return isUnmeasured(result) ? EXIT.unmeasured : EXIT.done;
};
