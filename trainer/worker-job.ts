/** A training order as the files that the Python worker reads (trainer/agora_trainer/job.py). */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { TrainingExamples, TrainingOrder } from "../runtime/training.ts";

/** What a model is trained from, and how it is served. */
export interface TrainedModel {
  /** Folder of a checkpoint in Hugging Face format, or an id on the hub. */
  readonly base: string;
  /** Arguments of the chat template, as the model is served with. */
  readonly templateOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly trustRemoteCode?: boolean | undefined;
}

export interface WorkerSettings {
  readonly precision: "auto" | "float32" | "bfloat16" | "4bit";
  readonly gradientCheckpointing: boolean;
  /** Samples that pass through the model together [samples]. */
  readonly microBatch: number;
  /** Longer samples are left out [tokens]. */
  readonly maxTokens: number;
  /** Steps between two checkpoints [steps]. */
  readonly checkpointEvery: number;
}

/** Beside the output: job, samples, checkpoint and log of a job that has not ended. */
export const workFolder = (output: string): string => join(dirname(output), `.${basename(output)}.work`);

/** A line of JSON in chat form, as TRL and others read it too. */
export const chatLine = ({ system, prompt, response }: TrainingExamples): string => {
  const messages = [
    ...(system === undefined ? [] : [{ role: "system", content: system }]),
    { role: "user", content: prompt },
    { role: "assistant", content: response },
  ];
  return `${JSON.stringify({ messages })}\n`;
};

/** Writes `job.json` and `samples.jsonl` into the work folder; returns the former's path. */
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
    template_options: model.templateOptions ?? {},
    trust_remote_code: model.trustRemoteCode ?? false,
  };
  const path = join(work, "job.json");
  writeFileSync(path, `${JSON.stringify(job, null, 2)}\n`);
  return path;
};
