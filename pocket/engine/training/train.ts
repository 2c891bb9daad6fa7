/**
 * One LoRA job in the calling thread: supervised fine-tuning on response tokens (Eq. 3).
 *
 * The optimiser is AdamW (betas 0.9 and 0.999, epsilon 1e-8, no weight decay) with gradient norm clipped at 1, linear
 * warm-up over 3 % of the steps and linear decay. On one kind of processor a job is deterministic by its seed, which
 * determines order, dropout and new adapters; others may round differently.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Adapter, type AdapterPair, readAdapter, writeAdapter } from "../adapter.ts";
import {
  type Checkpoint,
  projectionSize,
  readCheckpoint,
  TARGET_MODULES,
  type TargetModule,
} from "../checkpoint.ts";
import { EngineError } from "../errors.ts";
import type { Train, TrainingJob } from "../port.ts";
import { uniform } from "../sampler.ts";
import { readTokenizer } from "../tokenizer.ts";
import { AdamW, clipNorm } from "./optimiser.ts";
import { type EncodedSample, encodeSample, type Step, stepsOf } from "./samples.ts";
import { rowsOf } from "./segments.ts";
import { TrainingNetwork } from "./training-network.ts";

const NORM_LIMIT = 1;

/**
 * An abort takes effect between batches. Throws `samples-empty`, `sample-too-long`, `job-invalid`, `loss-not-finite`.
 */
export const train: Train = async (job, { signal, onProgress } = {}) => {
  const start = performance.now();
  const run = prepare(job);
  const { steps } = run;
  const parameters = matricesOf(run.adapter.layers);
  const optimiser = new AdamW(parameters, { learningRate: job.learningRate, steps: steps.length });
  const losses: number[] = [];
  for (const [index, step] of steps.entries()) {
    const { loss, gradient } = await stepGradient(run, step, index, signal);
    const gradientNorm = clipNorm(gradient, NORM_LIMIT);
    requireFinite(loss, gradientNorm, index);
    optimiser.step(parameters, gradient);
    losses.push(loss);
    onProgress?.({ step: index + 1, steps: steps.length, loss, gradientNorm });
  }
  writeAdapter(job.output, run.adapter, run.checkpoint);
  return {
    adapter: job.output,
    steps: steps.length,
    firstLoss: losses[0] ?? Number.NaN,
    lastLoss: losses.at(-1) ?? Number.NaN,
    tokens: steps.reduce((sum, { tokens }) => sum + tokens, 0),
    seconds: (performance.now() - start) / 1000,
  };
};

export interface FirstStep {
  readonly loss: number;
  /** The gradient norm before clipping. */
  readonly gradientNorm: number;
  /** The adapter with its gradient in place of its matrices. */
  readonly gradient: Adapter;
}

/** Loss and gradient of a job's first step, without an update or output. */
export const firstStep = async (job: TrainingJob): Promise<FirstStep> => {
  const run = prepare(job);
  const step = run.steps[0];
  if (step === undefined) throw samplesEmpty();
  const { loss, gradient } = await stepGradient(run, step, 0);
  return {
    loss,
    gradientNorm: clipNorm(gradient, Number.POSITIVE_INFINITY),
    gradient: { ...run.adapter, layers: run.network.gradients() },
  };
};

interface Run {
  readonly job: TrainingJob;
  readonly checkpoint: Checkpoint;
  readonly adapter: Adapter;
  readonly steps: readonly Step[];
  readonly network: TrainingNetwork;
}

const prepare = (job: TrainingJob): Run => {
  const targetModules = checkJob(job);
  const checkpoint = readCheckpoint(job.base);
  const tokenizer = readTokenizer(job.base, checkpoint.shape);
  const samples = job.samples.map((sample, index) =>
    encodeSample(sample, index, tokenizer, checkpoint.shape.context),
  );
  const adapter = startAdapter(job, targetModules, checkpoint);
  const steps = stepsOf(samples, job);
  const sizes = steps.flatMap(({ batches }) => batches.map(heightOf));
  return {
    job,
    checkpoint,
    adapter,
    steps,
    network: new TrainingNetwork(checkpoint, adapter, { capacity: Math.max(...sizes), seed: job.seed }),
  };
};

const heightOf = (batch: readonly EncodedSample[]): number =>
  batch.reduce((rows, sample) => rows + rowsOf(sample), 0);

/** Sums over the step's batches; each response token has an equal share of the step's loss. */
const stepGradient = async (
  { adapter, network }: Run,
  { batches, responseTokens }: Step,
  index: number,
  signal?: AbortSignal,
): Promise<{ loss: number; gradient: Float32Array[] }> => {
  let loss = 0;
  network.load(adapter.layers);
  for (const [part, batch] of batches.entries()) {
    await nextTurn();
    signal?.throwIfAborted();
    loss += network.evaluate(batch, 1 / responseTokens, index * 1000 + part);
  }
  return { loss, gradient: matricesOf(network.gradients()) };
};

/** All matrices, in a fixed order. */
const matricesOf = (layers: Adapter["layers"]): Float32Array[] =>
  layers.flatMap((layer) => TARGET_MODULES.flatMap((module) => pairMatrices(layer[module])));

const pairMatrices = (pair: AdapterPair | undefined): Float32Array[] =>
  pair === undefined ? [] : [pair.a, pair.b];

/** The job's target modules in the checkpoint's order. Throws `samples-empty` or `job-invalid`. */
const checkJob = (job: TrainingJob): TargetModule[] => {
  if (job.samples.length === 0) throw samplesEmpty();
  const unknown = job.targetModules.find((module) => !TARGET_MODULES.some((known) => known === module));
  require(unknown ===
    undefined, `target module ${unknown} is unknown`, `one of ${TARGET_MODULES.join(", ")}`);
  require(job.targetModules.length > 0, "no target module is named");
  require(Number.isInteger(job.rank) && job.rank > 0, `rank is ${job.rank}`, "a positive integer");
  require(Number.isInteger(job.epochs) && job.epochs > 0, `epochs is ${job.epochs}`, "a positive integer");
  require(Number.isInteger(job.batchSize) && job.batchSize > 0, `batchSize is ${job.batchSize}`, "1 or more");
  require(job.dropout >= 0 && job.dropout < 1, `dropout is ${job.dropout}`, "a number in [0, 1)");
  require(job.learningRate > 0, `learningRate is ${job.learningRate}`, "a positive number");
  require(Number.isSafeInteger(job.seed), `seed is ${job.seed}`, "an integer");
  return TARGET_MODULES.filter((module) => job.targetModules.includes(module));
};

const require = (condition: boolean, problem: string, expected?: string): void => {
  if (!condition)
    throw new EngineError("job-invalid", `The training job is invalid: ${problem}`, { expected });
};

const samplesEmpty = (): EngineError =>
  new EngineError("samples-empty", "The training job has no samples", {
    fix: "wait until the buffer has some",
  });

const requireFinite = (loss: number, gradientNorm: number, step: number): void => {
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return;
  const problem = `Step ${step + 1} has loss ${loss} and gradient norm ${gradientNorm}; nothing was written`;
  throw new EngineError("loss-not-finite", problem, { fix: "lower the learning rate" });
};

/** The previous adapter's matrices with the job's settings, or a new adapter. */
const startAdapter = (
  job: TrainingJob,
  targetModules: readonly TargetModule[],
  checkpoint: Checkpoint,
): Adapter => {
  const { rank, alpha, dropout, previousAdapter } = job;
  if (previousAdapter === undefined) {
    return { rank, alpha, dropout, targetModules, layers: freshLayers(job, targetModules, checkpoint) };
  }
  const previous = readAdapter(previousAdapter, checkpoint.shape);
  const same = previous.rank === rank && previous.targetModules.join() === targetModules.join();
  if (same) return { ...previous, alpha, dropout };
  const problem = `it has rank ${previous.rank} on ${previous.targetModules}; the job asks for ${rank} on ${targetModules}`;
  throw new EngineError("adapter-mismatch", `Adapter ${previousAdapter} cannot be trained on: ${problem}.`);
};

/** Like PEFT: A is uniform in ±1/√inputs (Kaiming with a = √5) and B is zero, so the model is unchanged at first. */
const freshLayers = (
  job: TrainingJob,
  targetModules: readonly TargetModule[],
  checkpoint: Checkpoint,
): Adapter["layers"] => {
  let draw = 0;
  const freshPair = (module: TargetModule): AdapterPair => {
    const [outputs, inputs] = projectionSize(checkpoint.shape, module);
    const bound = 1 / Math.sqrt(inputs);
    const a = Float32Array.from(
      { length: job.rank * inputs },
      () => (2 * uniform(job.seed, draw++) - 1) * bound,
    );
    return { a, b: new Float32Array(outputs * job.rank) };
  };
  return checkpoint.layers.map(() =>
    Object.fromEntries(targetModules.map((module) => [module, freshPair(module)])),
  );
};
