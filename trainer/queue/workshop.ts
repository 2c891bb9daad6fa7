/** Chooses the backend with which a host trains a job. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TrainingBackend, TrainingError } from "../../runtime/training.ts";
import { peftTraining } from "../peft.ts";
import { pocketTraining } from "../pocket.ts";
import type { QueuedBase, QueuedOrder } from "./queued-job.ts";

/** @throws TrainingError if the host cannot train the job's base. */
export type BackendOf = (order: QueuedOrder) => TrainingBackend | Promise<TrainingBackend>;

export interface WorkshopOptions {
  /** Folder of the pocket models. */
  readonly checkpoints: string;
  /** Python interpreter of the PEFT worker. */
  readonly python: string;
  /** CUDA_VISIBLE_DEVICES of this host's only slot; empty: train on the CPU. */
  readonly devices: readonly string[];
  /** Whether Python code of checkpoints is run: the host decides this, not the run. */
  readonly trustRemoteCode: boolean;
  readonly silenceSeconds: number;
  readonly graceSeconds: number;
}

/** SHA-256 of a checkpoint's weights; undefined if there are none. */
export const fingerprintOf = (checkpoint: string): string | undefined => {
  const weights = join(checkpoint, "model.safetensors");
  return existsSync(weights) ? createHash("sha256").update(readFileSync(weights)).digest("hex") : undefined;
};

const refusal = (code: string, problem: string, fix: string): TrainingError =>
  new TrainingError(code, problem, { fix, permanent: true });

const pocket = (
  { checkpoints }: WorkshopOptions,
  model: string,
  { checkpoint, sha256 }: QueuedBase & { readonly kind: "pocket" },
): TrainingBackend => {
  const folder = join(checkpoints, checkpoint);
  const found = fingerprintOf(folder);
  if (found === undefined) {
    const fix = "use one version of Agora on both machines";
    throw refusal("base-unknown", `this host has no pocket checkpoint ${checkpoint}`, fix);
  }
  if (found === sha256) return pocketTraining(new Map([[model, folder]]));
  throw refusal(
    "base-differs",
    `the weights of ${checkpoint} on this host differ from those of the run`,
    "use one version of Agora on both machines",
  );
};

const peft = (
  options: WorkshopOptions,
  model: string,
  {
    base,
    templateOptions,
    trustRemoteCode,
    kind: _kind,
    ...settings
  }: QueuedBase & { readonly kind: "peft" },
): TrainingBackend => {
  if (trustRemoteCode && !options.trustRemoteCode) {
    const fix = "start the host with --trust-remote-code if you trust it";
    throw refusal("code-untrusted", `${base} needs its own Python code, which this host does not run`, fix);
  }
  const { python, devices, silenceSeconds, graceSeconds } = options;
  const trained = { base, templateOptions, trustRemoteCode };
  return peftTraining({
    ...{ models: new Map([[model, trained]]), python, devices, silenceSeconds, graceSeconds },
    ...settings,
  });
};

export const workshop =
  (options: WorkshopOptions): BackendOf =>
  ({ model, base }) =>
    base.kind === "pocket" ? pocket(options, model, base) : peft(options, model, base);
