/**
 * What is looked at before every run: the doctor's checks that can fail one, without those that cost time.
 *
 * Everything that is missing is told at once, each with its fix. Embedded models need some milliseconds.
 */
import { AgoraError } from "../../runtime/agora-error.ts";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import type { Config } from "../../runtime/config/config.ts";
import { type Diagnosis, diagnoseMachine } from "./doctor.ts";
import type { Check } from "./doctor-check.ts";
import { diagnoseEndpoints } from "./doctor-endpoints.ts";
import { diagnoseTrainer } from "./doctor-trainer.ts";

/** A run lacks something that it needs to reach its end. */
export class PreflightError extends AgoraError<"AGORA_PREFLIGHT"> {
  readonly failures: readonly Check[];

  constructor(failures: readonly Check[]) {
    const lines = failures.map(({ name, detail, fix }) => `  ${name}: ${detail}\n      fix: ${fix}`);
    super("AGORA_PREFLIGHT", "the run cannot start", {
      fix: failures.map(({ name, fix }) => `${name}: ${fix}`).join("; "),
    });
    this.message = `the run cannot start (--no-preflight starts it all the same):\n${lines.join("\n")}`;
    this.failures = failures;
  }
}

/** @throws PreflightError naming everything that is missing. */
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
