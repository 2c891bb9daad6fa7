/** Writes a training order as the files that the Python worker reads (trainer/agora_trainer/job.py). */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { TrainingOrder, TrainingSample } from "../runtime/training.ts";

/** The base of a model, and the settings with which it is served. */
export interface TrainedModel {
  /** Folder of a checkpoint in Hugging Face format, or a Hugging Face id. */
  readonly base: string;
  /** Arguments of the chat template, the same as in serving. */
  readonly templateOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly trustRemoteCode?: boolean | undefined;
}

export interface WorkerSettings {
  readonly precision: "auto" | "float32" | "bfloat16" | "4bit";
  readonly gradientCheckpointing: boolean | "auto";
  /** Size of a micro-batch [samples]. */
  readonly microBatch: number;
  /** Longer samples are skipped [tokens]. */
  readonly maxTokens: number;
  /** Steps between two checkpoints [steps]. */
  readonly checkpointEvery: number;
  /** Where steps are logged besides: tensorboard, wandb. Default: nowhere. */
  readonly trackers?: readonly string[] | undefined;
}

/** Folder beside the output with the job, samples, checkpoint and log of an unfinished job. */
export const workFolder = (output: string): string => join(dirname(output), `.${basename(output)}.work`);

/** A sample as a line of JSON in chat form, which TRL and other tools also read. */
export const chatLine = ({ system, prompt, response }: TrainingSample): string => {
  const messages = [
    ...(system === undefined ? [] : [{ role: "system", content: system }]),
    { role: "user", content: prompt },
    { role: "assistant", content: response },
  ];
  return `${JSON.stringify({ messages })}\n`;
};

/** Writes `job.json` and `samples.jsonl` into the work folder; returns the path of `job.json`. */
export const writeJob = (order: TrainingOrder, model: TrainedModel, settings: WorkerSettings): string => {
  const work = workFolder(order.output);
  const samples = join(work, "samples.jsonl");
  mkdirSync(work, { recursive: true });
  writeFileSync(samples, order.samples.map(chatLine).join(""));
  const job = {
    base: model.base,
    ...{ samples, work, output: order.output, previous: order.previous ?? null },
    ...{ rank: order.rank, alpha: order.alpha, dropout: order.dropout, targets: order.targets },
    ...{ learning_rate: order.learningRate, epochs: order.epochs, batch_size: order.batchSize },
    ...{ seed: order.seed, precision: settings.precision, max_tokens: settings.maxTokens },
    micro_batch: settings.microBatch,
    gradient_checkpointing: settings.gradientCheckpointing,
    checkpoint_every: settings.checkpointEvery,
    ...(settings.trackers && settings.trackers.length > 0 ? { trackers: settings.trackers } : {}),
    template_options: model.templateOptions ?? {},
    trust_remote_code: model.trustRemoteCode ?? false,
  };
  const path = join(work, "job.json");
  writeFileSync(path, `${JSON.stringify(job, null, 2)}\n`);
  return path;
};
