/**
 * The checks before every run: those of the doctor that concern the run, without the slow ones. All failures are
 * reported together, each with its fix. With embedded models they take a few milliseconds.
 */
import { AgoraError } from "../../runtime/agora-error.ts";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import type { Config } from "../../runtime/config/config.ts";
import { type Diagnosis, diagnoseMachine } from "./doctor.ts";
import type { Check } from "./doctor-check.ts";
import { diagnoseEndpoints } from "./doctor-endpoints.ts";
import { diagnoseTrainer } from "./doctor-trainer.ts";

/** Something a run needs is missing. `failures` holds every failed check; `problem` and `fix` name them all. */
export class PreflightError extends AgoraError<"AGORA_PREFLIGHT"> {
  readonly failures: readonly Check[];

  constructor(failures: readonly Check[]) {
    const problems = failures.map(({ name, detail }) => `${name}: ${detail}`);
    const fixes = failures.map(({ fix }) => fix);
    super("AGORA_PREFLIGHT", `the run cannot start: ${problems.join("; ")}`, { fix: fixes.join("; ") });
    const lines = problems.map((problem, index) => `  ${problem}\n      fix: ${fixes[index]}`);
    this.message = `the run cannot start (--no-preflight starts it anyway):\n${lines.join("\n")}`;
    this.failures = failures;
  }
}

/** @throws PreflightError with every failed check. */
export const preflight = async (config: Config, given: Diagnosis = {}): Promise<void> => {
  const { env = process.env, checkpointsFolder = POCKET_FOLDER } = given;
  const { diagnosePlugins } = await import("./doctor-plugins.ts");
  const checks = await Promise.all([
    diagnoseMachine(config, given),
    diagnosePlugins(config, checkpointsFolder),
    diagnoseEndpoints(config, env, { probes: false }),
    diagnoseTrainer(config, env, checkpointsFolder),
  ]);
  const failures = checks.flat().filter(({ ok }) => !ok);
  if (failures.length > 0) throw new PreflightError(failures);
};
