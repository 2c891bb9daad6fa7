/** Chooses the backend with which a host trains a job. */
import { join } from "node:path";
import { type TrainingBackend, TrainingError } from "../../runtime/training.ts";
import { fingerprintOf } from "./fingerprint.ts";
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

const refusal = (code: string, problem: string, fix: string): TrainingError =>
  new TrainingError(code, problem, { fix, permanent: true });

const pocket = async (
  { checkpoints }: WorkshopOptions,
  model: string,
  { checkpoint, sha256 }: QueuedBase & { readonly kind: "pocket" },
): Promise<TrainingBackend> => {
  const folder = join(checkpoints, checkpoint);
  const found = fingerprintOf(folder);
  if (found === undefined) {
    const fix = "use one version of Agora on both machines";
    throw refusal("base-unknown", `this host has no pocket checkpoint ${checkpoint}`, fix);
  }
  if (found !== sha256) {
    const problem = `the weights of ${checkpoint} on this host differ from those of the run`;
    throw refusal("base-differs", problem, "use one version of Agora on both machines");
  }
  const { pocketTraining } = await import("../pocket.ts");
  return pocketTraining(new Map([[model, folder]]));
};

const peft = async (
  options: WorkshopOptions,
  model: string,
  {
    base,
    templateOptions,
    trustRemoteCode,
    kind: _kind,
    ...settings
  }: QueuedBase & { readonly kind: "peft" },
): Promise<TrainingBackend> => {
  if (trustRemoteCode && !options.trustRemoteCode) {
    const fix = "start the host with --trust-remote-code if you trust it";
    throw refusal("code-untrusted", `${base} needs its own Python code, which this host does not run`, fix);
  }
  const { python, devices, silenceSeconds, graceSeconds } = options;
  const { peftTraining } = await import("../peft.ts");
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
