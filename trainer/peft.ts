/**
 * LoRA with PyTorch and PEFT: each job runs in its own Python process (trainer/agora_trainer).
 *
 * 1. The output folder of a job appears only once it is complete; a job with an output folder is not trained again.
 * 2. A job that was stopped, crashed or killed continues from its last checkpoint, in the work folder beside its
 *    output. The worker's lock prevents two workers on one job.
 * 3. A slot has one worker at a time: the next worker starts after the process of the last one has ended.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type TrainedAdapter,
  type TrainingBackend,
  TrainingError,
  type TrainingOrder,
  type TrainingStep,
} from "../runtime/training.ts";
import { withoutSecrets } from "../runtime/worker-environment.ts";
import { isFinished, requireWhole } from "./finished.ts";
import { type TrainedModel, type WorkerSettings, workFolder, writeJob } from "./worker-job.ts";
import type { WorkerLine } from "./worker-lines.ts";
import { lastWords, runWorker, type WorkerEnd } from "./worker-process.ts";

/** The folder that holds the Python package. */
const PACKAGE = fileURLToPath(new URL(".", import.meta.url));

export interface PeftOptions extends WorkerSettings {
  /** By agent name. */
  readonly models: ReadonlyMap<string, TrainedModel>;
  /** A Python interpreter with the packages of trainer/pyproject.toml. */
  readonly python: string;
  /** CUDA_VISIBLE_DEVICES of each slot; empty: train on the CPU. */
  readonly devices: readonly string[];
  /** Longest time without a line from the worker [s]. */
  readonly silenceSeconds: number;
  /** Time between SIGTERM and SIGKILL [s]. */
  readonly graceSeconds: number;
  /** Names of variables that hold secrets although their names do not say so: workers do not get them. */
  readonly secrets?: readonly string[] | undefined;
  /** Called with every line of the worker. */
  readonly onLine?: ((line: WorkerLine, job: string) => void) | undefined;
  /** Arguments of Python before the job's path. Default: the worker. */
  readonly program?: readonly string[];
}

export const peftTraining = (options: PeftOptions): TrainingBackend => new PeftTraining(options);

class PeftTraining implements TrainingBackend {
  readonly slots: number | undefined;
  readonly #options: PeftOptions;
  /** By slot: resolves when the slot's worker has ended. */
  readonly #running = new Map<number, Promise<unknown>>();

  constructor(options: PeftOptions) {
    this.#options = options;
    this.slots = options.devices.length > 0 ? options.devices.length : undefined;
  }

  async train(
    order: TrainingOrder,
    signal: AbortSignal,
    onStep: (step: TrainingStep) => void,
  ): Promise<TrainedAdapter> {
    signal.throwIfAborted();
    const model = this.#modelOf(order);
    if (isFinished(order.output)) return takeOver(order.output);
    const before = this.#running.get(order.slot);
    const worked = Promise.resolve(before).then(() => this.#work(order, model, signal, onStep));
    this.#running.set(
      order.slot,
      worked.catch(() => {}),
    );
    return worked;
  }

  #modelOf({ model, samples }: TrainingOrder): TrainedModel {
    const trained = this.#options.models.get(model);
    if (trained === undefined) {
      const fix = "set trainFrom in its entry under models";
      throw new TrainingError("base-unknown", `the base of ${model} is not configured`, {
        fix,
        permanent: true,
      });
    }
    if (samples.length > 0) return trained;
    throw new TrainingError("samples-empty", "the job has no samples", { permanent: true });
  }

  async #work(
    order: TrainingOrder,
    model: TrainedModel,
    signal: AbortSignal,
    onStep: (step: TrainingStep) => void,
  ): Promise<TrainedAdapter> {
    signal.throwIfAborted();
    const { python, program = ["-m", "agora_trainer", "--parent"], onLine } = this.#options;
    const job = writeJob(order, model, this.#options);
    const log = join(workFolder(order.output), "worker.log");
    const { silenceSeconds, graceSeconds } = this.#options;
    const handle = (line: WorkerLine): void => {
      onLine?.(line, order.job);
      if (line.type === "step") onStep(stepOf(line));
    };
    const end = await runWorker(
      {
        command: python,
        arguments: [...program, job],
        environment: this.#environment(order.slot),
        ...{ log, silenceSeconds, graceSeconds, onLine: handle },
      },
      signal,
    );
    return adapterOf(end, order, signal, log);
  }

  #environment(slot: number): Record<string, string | undefined> {
    const { devices } = this.#options;
    const paths = [PACKAGE, process.env.PYTHONPATH]
      .filter(Boolean)
      .join(process.platform === "win32" ? ";" : ":");
    const device = devices.length === 0 ? "" : devices[slot % devices.length];
    return {
      ...withoutSecrets(process.env, this.#options.secrets),
      PYTHONPATH: paths,
      CUDA_VISIBLE_DEVICES: device,
    };
  }
}

const takeOver = (output: string): TrainedAdapter => {
  requireWhole(output);
  rmSync(workFolder(output), { recursive: true, force: true });
  return { folder: output, loss: undefined };
};

const stepOf = (line: Extract<WorkerLine, { type: "step" }>): TrainingStep => ({
  step: line.step,
  steps: line.steps,
  loss: line.loss,
  gradientNorm: line.gradient_norm,
});

/** A worker that finishes although it was asked to stop has finished. @throws TrainingError, or the signal's reason. */
const adapterOf = (
  { status, killedBy, last, cause }: WorkerEnd,
  { output, job }: TrainingOrder,
  signal: AbortSignal,
  log: string,
): TrainedAdapter => {
  if (last?.type === "done" && isFinished(output)) {
    rmSync(workFolder(output), { recursive: true, force: true });
    return { folder: output, loss: last.metrics?.losses.at(-1) };
  }
  signal.throwIfAborted();
  // A worker elsewhere has finished the same job, and has removed the folder that both work in.
  if (isFinished(output)) return takeOver(output);
  if (cause !== undefined) throw cause;
  if (last?.type === "error") throw refusal(last, log);
  const ending = killedBy === null ? `ended with status ${status}` : `was killed by ${killedBy}`;
  const word = last?.type === "stopped" ? "it was asked to stop" : lastWords(log);
  const problem = `the worker of ${job} ${ending}${word === "" ? "" : ` (${word})`}; its log is ${log}`;
  throw new TrainingError("worker-ended", problem, {
    fix: "see its log; a retry continues from the last checkpoint",
    permanent: false,
  });
};

/** Codes of transient failures: a later retry, or one with more memory or disk space, may succeed. */
const transient: ReadonlySet<string> = new Set([
  ...["internal", "out-of-memory", "disk-full", "disk-failed", "job-running", "base-unreachable"],
]);

const refusal = (
  { code, problem, fix }: Extract<WorkerLine, { type: "error" }>,
  log: string,
): TrainingError => {
  const where = code === "internal" ? ` (${log})` : "";
  return new TrainingError(code, problem, { fix: `${fix}${where}`, permanent: !transient.has(code) });
};
