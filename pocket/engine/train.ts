/**
 * One LoRA job in the calling thread: supervised fine-tuning on response tokens (Eq. 3).
 *
 * AdamW (betas 0.9 and 0.999, epsilon 1e-8, no weight decay), gradient norm clipped at 1, linear warm-up over 3 % of
 * the steps and linear decay. jax-js keeps what it compiled for as long as the thread lives: use `trainInWorker`
 * where jobs follow one another. A job is deterministic by its seed: order, dropout and fresh adapters derive from it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Adapter, type AdapterPair, readAdapter, writeAdapter } from "./adapter.ts";
import { batchArrays, dropoutMasks } from "./batch-arrays.ts";
import {
  type Checkpoint,
  projectionSize,
  readCheckpoint,
  TARGET_MODULES,
  type TargetModule,
} from "./checkpoint.ts";
import { EngineError } from "./errors.ts";
import { LoraLoss } from "./lora-loss.ts";
import { AdamW, clipNorm } from "./optimiser.ts";
import type { Train, TrainingJob } from "./port.ts";
import { rotations } from "./rotary.ts";
import { uniform } from "./sampler.ts";
import { encodeSample, type PackedJob, type PackedStep, packJob } from "./samples.ts";
import { readTokenizer } from "./tokenizer.ts";

const NORM_LIMIT = 1;

/** Aborts between micro-batches. Throws `samples-empty`, `sample-too-long`, `job-invalid`, `loss-not-finite`. */
export const train: Train = async (job, { signal, onProgress } = {}) => {
  const start = performance.now();
  const run = await prepare(job);
  const { steps } = run.packed;
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
  /** Before clipping. */
  readonly gradientNorm: number;
}

/** Loss and gradient norm of a job's first step; nothing is updated or written. */
export async function firstStep(job: TrainingJob): Promise<FirstStep> {
  const run = await prepare(job);
  const step = run.packed.steps[0];
  if (step === undefined) throw samplesEmpty();
  const { loss, gradient } = await stepGradient(run, step, 0);
  return { loss, gradientNorm: clipNorm(gradient, Number.POSITIVE_INFINITY) };
}

interface Run {
  readonly job: TrainingJob;
  readonly checkpoint: Checkpoint;
  readonly adapter: Adapter;
  readonly packed: PackedJob;
  readonly loss: LoraLoss;
}

async function prepare(job: TrainingJob): Promise<Run> {
  const targetModules = checkJob(job);
  const checkpoint = readCheckpoint(job.base);
  const tokenizer = readTokenizer(job.base, checkpoint.shape);
  const samples = job.samples.map((sample, index) =>
    encodeSample(sample, index, tokenizer, checkpoint.shape.context),
  );
  const adapter = startAdapter(job, targetModules, checkpoint);
  const packed = packJob(samples, job);
  return { job, checkpoint, adapter, packed, loss: await LoraLoss.create(checkpoint, adapter) };
}

/** Sum over the step's micro-batches; each response token weighs one part of the step's total. */
async function stepGradient(
  { job, checkpoint, adapter, packed, loss }: Run,
  step: PackedStep,
  index: number,
  signal?: AbortSignal,
): Promise<{ loss: number; gradient: Float32Array[] }> {
  const size = { height: packed.height, length: packed.length, tokenWeight: 1 / step.responseTokens };
  const angles = rotations(checkpoint.shape);
  let total = 0;
  let sums: Float32Array[] | undefined;
  for (const [part, rows] of step.microBatches.entries()) {
    await nextTurn();
    signal?.throwIfAborted();
    const masks = dropoutMasks(checkpoint, adapter, size.height * size.length, job.seed, index * 1000 + part);
    const result = await loss.evaluate(adapter, batchArrays(checkpoint, angles, rows, size, masks));
    const gradient = matricesOf(result.gradient);
    total += result.loss;
    if (sums === undefined) sums = gradient;
    else addInto(sums, gradient);
  }
  return { loss: total, gradient: sums ?? [] };
}

function addInto(sums: readonly Float32Array[], terms: readonly Float32Array[]): void {
  for (const [index, sum] of sums.entries()) {
    terms[index]?.forEach((term, position) => {
      sum[position] = (sum[position] ?? 0) + term;
    });
  }
}

/** All matrices in a fixed order. */
function matricesOf(layers: Adapter["layers"]): Float32Array[] {
  return layers.flatMap((layer) => TARGET_MODULES.flatMap((module) => pairMatrices(layer[module])));
}

function pairMatrices(pair: AdapterPair | undefined): Float32Array[] {
  return pair === undefined ? [] : [pair.a, pair.b];
}

/** The job's target modules in the checkpoint's order. Throws `samples-empty` or `job-invalid`. */
function checkJob(job: TrainingJob): TargetModule[] {
  if (job.samples.length === 0) throw samplesEmpty();
  const unknown = job.targetModules.find((module) => !TARGET_MODULES.some((known) => known === module));
  require(unknown ===
    undefined, `target module ${unknown} is unknown; choose from ${TARGET_MODULES.join(", ")}`);
  require(job.targetModules.length > 0, "no target module is named");
  require(Number.isInteger(job.rank) && job.rank > 0, `rank is ${job.rank}; expected a positive integer`);
  require(Number.isInteger(job.epochs) &&
    job.epochs > 0, `epochs is ${job.epochs}; expected a positive integer`);
  require(Number.isInteger(job.batchSize) &&
    job.batchSize > 0, `batchSize is ${job.batchSize}; expected 1 or more`);
  require(job.dropout >= 0 && job.dropout < 1, `dropout is ${job.dropout}; expected a number in [0, 1)`);
  require(job.learningRate > 0, `learningRate is ${job.learningRate}; expected a positive number`);
  require(Number.isSafeInteger(job.seed), `seed is ${job.seed}; expected an integer`);
  return TARGET_MODULES.filter((module) => job.targetModules.includes(module));
}

function require(condition: boolean, problem: string): void {
  if (!condition) throw new EngineError("job-invalid", `The training job is invalid: ${problem}.`);
}

function samplesEmpty(): EngineError {
  return new EngineError("samples-empty", "The training job has no samples; wait until the buffer has some.");
}

function requireFinite(loss: number, gradientNorm: number, step: number): void {
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return;
  const problem = `Step ${step + 1} has loss ${loss} and gradient norm ${gradientNorm}`;
  throw new EngineError("loss-not-finite", `${problem}; nothing was written. Lower the learning rate.`);
}

/** The previous adapter's matrices under the job's settings, or a fresh adapter. */
function startAdapter(
  job: TrainingJob,
  targetModules: readonly TargetModule[],
  checkpoint: Checkpoint,
): Adapter {
  const { rank, alpha, dropout, previousAdapter } = job;
  if (previousAdapter === undefined) {
    return { rank, alpha, dropout, targetModules, layers: freshLayers(job, targetModules, checkpoint) };
  }
  const previous = readAdapter(previousAdapter, checkpoint.shape);
  const same = previous.rank === rank && previous.targetModules.join() === targetModules.join();
  if (same) return { ...previous, alpha, dropout };
  const problem = `it has rank ${previous.rank} on ${previous.targetModules}; the job asks for ${rank} on ${targetModules}`;
  throw new EngineError("adapter-mismatch", `Adapter ${previousAdapter} cannot be trained on: ${problem}.`);
}

/** As PEFT: A uniform in ±1/√inputs (Kaiming with a = √5), B zero, so that the model starts unchanged. */
function freshLayers(
  job: TrainingJob,
  targetModules: readonly TargetModule[],
  checkpoint: Checkpoint,
): Adapter["layers"] {
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
}
