/**
 * The checks before every run: those of `agora doctor`, in the same words. All failures are reported together, each
 * with its fix. With embedded models they take a few milliseconds; models behind endpoints get a few short requests.
 */
import { AgoraError } from "../../runtime/agora-error.ts";
import type { Config } from "../../runtime/config/config.ts";
import { type Diagnosis, diagnose } from "./doctor.ts";
import { type Check, shownCheck } from "./doctor-check.ts";

/** Something a run needs is missing. `failures` holds every failed check; `problem` and `fix` name them all. */
export class PreflightError extends AgoraError<"AGORA_PREFLIGHT"> {
  readonly failures: readonly Check[];

  constructor(failures: readonly Check[]) {
    const problems = failures.map(({ name, detail }) => `${name}: ${detail}`);
    const fixes = failures.map(({ fix }) => fix);
    super("AGORA_PREFLIGHT", `the run cannot start: ${problems.join("; ")}`, { fix: fixes.join("; ") });
    const lines = failures.map(shownCheck);
    this.message = `the run cannot start (--no-preflight starts it anyway):\n${lines.join("\n")}`;
    this.failures = failures;
  }
}

/** @throws PreflightError with every failed check. */
export const preflight = async (config: Config, given: Diagnosis = {}): Promise<void> => {
  const failures = (await diagnose(config, { ...given, declaredOnly: true })).filter(({ ok }) => !ok);
  if (failures.length > 0) throw new PreflightError(failures);
};
