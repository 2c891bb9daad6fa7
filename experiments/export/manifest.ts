/** `manifest.json` of an export: the origin of its samples and adapters, and the hash of every file. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { TrainedVersion } from "./trained-samples.ts";

/** SHA-256 by path, relative to the folder they describe. */
export type Hashes = Readonly<Record<string, string>>;

export interface ExportedSamples {
  /** Chat form: a line `{"messages": [{"role", "content"}, …]}` for each sample. */
  readonly file: string;
  /** In the same order: sample, role, question, round, author, the author's adapter, and the versions trained on it. */
  readonly provenance: string;
  readonly count: number;
  readonly sha256: string;
}

export interface ExportedAdapter {
  readonly version: number;
  readonly job: string;
  readonly generation: number;
  /** Version it continues from; 0 is the base model. */
  readonly previous: number;
  /** Solutions of the buffer, and rehearsed texts of other roles. */
  readonly samples: number;
  readonly rehearsed: number;
  readonly state: "published" | "withdrawn" | "rejected" | "failed" | "unfinished";
  readonly cause: string | undefined;
  readonly loss: number | undefined;
  /** Anchor accuracy of the earlier weights and of the candidate [share]. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** Folder in PEFT's format; undefined if the training wrote none. */
  readonly folder: string | undefined;
  readonly files: Hashes;
}

export interface ExportedModel {
  readonly name: string;
  /** Model id at its endpoint, and the checkpoint that is trained. */
  readonly model: string;
  readonly base: string;
  readonly samples: ExportedSamples;
  readonly adapters: readonly ExportedAdapter[];
  /** Version in force at the end; 0 is the base model. */
  readonly inForce: number;
  readonly merged: { readonly folder: string; readonly adapter: number; readonly files: Hashes } | undefined;
}

export interface Manifest {
  readonly run: string;
  /** Start of the run, as ISO 8601. */
  readonly created: string;
  readonly task: string;
  readonly pack: string;
  readonly seed: number;
  /** SHA-256 of the configuration, as stored in the journal. */
  readonly config: string;
  readonly models: readonly ExportedModel[];
}

export const sha256 = (content: string | Buffer): string =>
  createHash("sha256").update(content).digest("hex");

/** Every file of a folder, by its path in it. */
export const hashesOf = (folder: string): Hashes => {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
  return Object.fromEntries(files.map((file) => [file, sha256(readFileSync(join(folder, file)))]));
};

/** The outcome of a version, from the journal. */
export const fateOf = ({
  outcome,
  withdrawn,
}: TrainedVersion): Pick<ExportedAdapter, "state" | "cause" | "loss" | "before" | "after"> => {
  const nothing = { cause: undefined, loss: undefined, before: undefined, after: undefined };
  switch (outcome?.type) {
    case "adapter.published": {
      const { loss, before, after } = outcome;
      const state = withdrawn === undefined ? ("published" as const) : ("withdrawn" as const);
      return { state, cause: withdrawn?.cause, loss, before, after };
    }
    case "adapter.rejected": {
      const { cause, before, after } = outcome;
      return { state: "rejected", cause, loss: undefined, before, after };
    }
    case "training.failed":
      return { ...nothing, state: "failed", cause: outcome.cause };
    default:
      return { ...nothing, state: "unfinished" };
  }
};
