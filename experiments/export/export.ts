/**
 * Exports samples (JSONL in chat form), adapters (PEFT format, each with a model card) and a manifest for other tools.
 *
 * 1. Nothing is overwritten: the folder must not exist. It appears only when it is complete.
 * 2. Samples are rendered as in training. A second file names the author of each and the author's adapter.
 */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { adapterFolder } from "../../actors/serving/served-model.ts";
import { sampleOf } from "../../actors/training/sample.ts";
import type { PromptPack } from "../../prompts/pack.ts";
import type { Config, ModelConfig } from "../../runtime/config/config.ts";
import { baseOf, pythonOf } from "../../runtime/config/trained.ts";
import type { JournalReader } from "../../runtime/journal/journal-reader.ts";
import { isFinished } from "../../trainer/finished.ts";
import { chatLine } from "../../trainer/worker-job.ts";
import { cardOf } from "./card.ts";
import { ExportError } from "./export-error.ts";
import {
  type ExportedAdapter,
  type ExportedModel,
  type ExportedSamples,
  fateOf,
  hashesOf,
  type Manifest,
  sha256,
} from "./manifest.ts";
import { mergeAdapter } from "./merge.ts";
import { type Curriculum, curriculaOf, type TrainedVersion } from "./trained-samples.ts";

export interface ExportOptions {
  readonly journal: JournalReader;
  readonly config: Config;
  readonly packOf: (model: string) => PromptPack;
  readonly output: string;
  /** Folder of the pocket models. */
  readonly checkpoints: string;
  /** Also writes a checkpoint with the adapter in force merged into its base, for each model that has one. */
  readonly merge: boolean;
  readonly onProgress?: (line: string) => void;
}

const jsonLines = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("");

const writeSamples = (
  { config, packOf }: ExportOptions,
  folder: string,
  { model, samples }: Curriculum,
): ExportedSamples => {
  const file = join(model, "samples.jsonl");
  const provenance = join(model, "provenance.jsonl");
  const asked = { config, name: model, pack: packOf(model) };
  const text = samples.map(({ example }) => chatLine(sampleOf(asked, example))).join("");
  writeFileSync(join(folder, file), text);
  writeFileSync(
    join(folder, provenance),
    jsonLines(
      samples.map(({ sample, example, origin, versions }) => ({
        ...{ sample, role: example.role, ...origin, versions },
      })),
    ),
  );
  return { file, provenance, count: samples.length, sha256: sha256(text) };
};

const settingsOf = (config: Config): Record<string, string | number> => ({
  ...{ loraRank: config.loraRank, loraAlpha: config.loraAlpha, loraDropout: config.loraDropout },
  ...{ loraTargets: config.loraTargets.join(", "), loraLearningRate: config.loraLearningRate },
  ...{ loraEpochs: config.loraEpochs, loraBatchSize: config.loraBatchSize, seed: config.seed },
});

const writeAdapter = (
  { journal, config, checkpoints }: ExportOptions,
  folder: string,
  version: TrainedVersion,
): ExportedAdapter => {
  const { job, model, generation, previous, samples, rehearsal = [], version: number } = version.requested;
  const fate = fateOf(version);
  const source = adapterFolder(journal.folder, model, number);
  const counts = { samples: samples.length, rehearsed: rehearsal.length };
  const known = { ...{ version: number, job, generation, previous }, ...counts, ...fate };
  if (!isFinished(source)) {
    if (fate.state !== "published") return { ...known, folder: undefined, files: {} };
    throw new ExportError("export.adapter", `there is no adapter in ${source}`);
  }
  const target = join(model, "adapters", `v${number}`);
  cpSync(source, join(folder, target), { recursive: true });
  const trained = config.models.find(({ name }) => name === model) as ModelConfig;
  const facts = { run: config.run, task: config.task, model, base: baseOf(trained, checkpoints) };
  const card = cardOf({ ...facts, adapter: known, settings: settingsOf(config) });
  writeFileSync(join(folder, target, "README.md"), card);
  return { ...known, folder: target, files: hashesOf(join(folder, target)) };
};

const writeMerged = async (
  options: ExportOptions,
  folder: string,
  model: ModelConfig,
  version: number,
): Promise<ExportedModel["merged"]> => {
  if (!options.merge || version === 0) return undefined;
  const { config, checkpoints, journal, onProgress } = options;
  onProgress?.(`merging ${model.name}@v${version} into its base …`);
  const target = join(model.name, "merged");
  await mergeAdapter({
    python: pythonOf(config),
    trustRemoteCode: model.trustRemoteCode ?? false,
    base: baseOf(model, checkpoints),
    adapter: adapterFolder(journal.folder, model.name, version),
    output: join(folder, target),
  });
  return { folder: target, adapter: version, files: hashesOf(join(folder, target)) };
};

const writeModel = async (
  options: ExportOptions,
  folder: string,
  curriculum: Curriculum,
): Promise<ExportedModel> => {
  const { config, checkpoints } = options;
  const { model: name, inForce, versions } = curriculum;
  const model = config.models.find((candidate) => candidate.name === name) as ModelConfig;
  mkdirSync(join(folder, name), { recursive: true });
  return {
    ...{ name, model: model.model, base: baseOf(model, checkpoints), inForce },
    samples: writeSamples(options, folder, curriculum),
    adapters: versions.map((version) => writeAdapter(options, folder, version)),
    merged: await writeMerged(options, folder, model, inForce),
  };
};

const fill = async (options: ExportOptions, folder: string): Promise<Manifest> => {
  const { journal, config } = options;
  const records = Array.from(journal.records(), ({ message }) => message);
  const models: ExportedModel[] = [];
  for (const curriculum of curriculaOf(records, config)) {
    models.push(await writeModel(options, folder, curriculum));
  }
  const { run, task, pack, seed } = config;
  const created = new Date(journal.created).toISOString();
  const manifest = { run, created, task, pack, seed, config: sha256(journal.config), models };
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
};

/** @throws ExportError, JournalError */
export const exportRun = async (options: ExportOptions): Promise<Manifest> => {
  const output = resolve(options.output);
  if (existsSync(output)) throw new ExportError("export.exists", `${output} already exists`);
  const partial = join(dirname(output), `.${basename(output)}.partial`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    const manifest = await fill(options, partial);
    renameSync(partial, output);
    return manifest;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
};
