/** What a host trains with: the backend for each job that arrives, loaded when the first of its kind comes. */
import { join } from "node:path";
import { type TrainingBackend, TrainingError } from "../../runtime/training.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { QueuedBase, QueuedOrder } from "./queued-job.ts";

/** @throws TrainingError where the host cannot train the job's base. */
export type BackendOf = (order: QueuedOrder) => TrainingBackend | Promise<TrainingBackend>;

export interface WorkshopOptions {
  /** Folder of the pocket models. */
  readonly checkpoints: string;
  /** Interpreter of the PEFT worker. */
  readonly python: string;
  /** CUDA_VISIBLE_DEVICES of this host's one slot; with none it trains on the CPU. */
  readonly devices: readonly string[];
  /** Whether checkpoints may bring Python code of their own: a run's wish does not decide that here. */
  readonly trustRemoteCode: boolean;
  readonly silenceSeconds: number;
  readonly graceSeconds: number;
}

const refusal = (code: string, problem: string): TrainingError =>
  new TrainingError(code, problem, { permanent: true });

const pocket = async (
  { checkpoints }: WorkshopOptions,
  model: string,
  { checkpoint, sha256 }: QueuedBase & { readonly kind: "pocket" },
): Promise<TrainingBackend> => {
  const folder = join(checkpoints, checkpoint);
  const found = fingerprintOf(folder);
  if (found === undefined) throw refusal("base-unknown", `this host has no pocket checkpoint ${checkpoint}`);
  if (found !== sha256) {
    const problem = `this host's ${checkpoint} has other weights than the run's; use one version of Agora`;
    throw refusal("base-differs", problem);
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
    throw refusal(
      "code-untrusted",
      `${base} brings Python code of its own, which this host does not run; ${fix}`,
    );
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
