/**
 * Readings of base models that the runs of an experiment share: the same checkpoint, asked the same problems in the same
 * way with the same seed, gives the same answers in every arm and is measured once.
 *
 * 1. A reading is kept under everything that decides its answers: the checkpoint's hash (at other endpoints its id), the
 *    model's name and settings, the pack, the task with its files, sampling and seed.
 * 2. Only one run of a group and seed measures base models at a time; the others wait, and then read what it kept. The
 *    operating system releases the lock of a process that was killed.
 * 3. A reading that is taken from here also enters the run's journal: the run is complete without this folder.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { POCKET_FOLDER } from "../runtime/config/checkpoints.ts";
import type { Config, ModelConfig } from "../runtime/config/config.ts";
import { JournalError } from "../runtime/journal/journal-error.ts";
import { RunLock } from "../runtime/journal/run-lock.ts";
import { measureKey } from "../runtime/message-parts.ts";
import type { Draft, Message } from "../runtime/messages.ts";

type Taken = Draft<"measure.taken">;

const hashOf = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 32);
};

/** The bytes of an embedded model's weights; elsewhere nothing but the id is known of them. */
const checkpointOf = ({ endpoint, model }: ModelConfig): string => {
  const file = join(POCKET_FOLDER, model, "model.safetensors");
  return endpoint === "pocket" && existsSync(file) ? hashOf(readFileSync(file)) : `${model} at ${endpoint}`;
};

/** Settings of a model that do not reach what it is asked. */
const unasked = [
  "kind",
  "apiKeyEnv",
  "trainFrom",
  "trustRemoteCode",
  "adapters",
  "maxConcurrency",
  "sharesSlots",
];

/** Everything that decides what a base model answers to the problems of a task. */
const identityOf = (config: Config, model: ModelConfig): string => {
  const settings = Object.entries(model).filter(([key]) => !unasked.includes(key));
  const { task, pack, anchorFile, benchmarkFiles, temperature, topP, seed } = config;
  return hashOf(
    checkpointOf(model),
    JSON.stringify(settings.toSorted(([left], [right]) => left.localeCompare(right))),
    JSON.stringify([task, pack, anchorFile, benchmarkFiles, temperature, topP, seed]),
  );
};

/** Whether a reading is one of base weights, without the examples that a run has chosen. */
const isShared = ({ adapter, examples }: Pick<Taken, "adapter" | "examples">): boolean =>
  adapter === 0 && examples === undefined;

/** Time between two tries at the lock [ms]. */
const pause = 500;

export class BaseReadings {
  readonly #folder: string;
  readonly #identities: ReadonlyMap<string, string>;
  readonly #group: string;
  #lock: RunLock | undefined;

  /** `folder`: shared by the runs. `extent`: what is measured, such as the number of problems. */
  constructor(folder: string, config: Config, extent: string) {
    this.#folder = folder;
    this.#identities = new Map(config.models.map((model) => [model.name, identityOf(config, model)]));
    this.#group = hashOf([...this.#identities.values()].toSorted().join(), extent);
    mkdirSync(join(folder, this.#group), { recursive: true });
  }

  /** The readings that are not in `records` yet. Waits while another run takes them. @throws the signal's reason */
  async open(records: readonly Message[], signal: AbortSignal): Promise<Taken[]> {
    if (!this.#isComplete()) await this.#acquire(signal);
    if (this.#isComplete()) this.#release();
    const known = new Set(
      records.flatMap((record) => (record.type === "measure.taken" ? measureKey(record) : [])),
    );
    return [...this.#identities].flatMap(([model, identity]) =>
      this.#stored(identity)
        .map((taken) => ({ ...taken, model }))
        .filter((taken) => !known.has(measureKey(taken))),
    );
  }

  /** Keeps a new reading, if it is one of a base model. */
  readonly keep = (taken: Taken): void => {
    const identity = this.#identities.get(taken.model);
    if (identity === undefined || !isShared(taken) || this.#lock === undefined) return;
    appendFileSync(this.#fileOf(identity), `${JSON.stringify(taken)}\n`);
  };

  /** `complete`: every base model has been measured. */
  close(complete: boolean): void {
    if (complete) writeFileSync(this.#completeFile, "");
    this.#release();
  }

  get #completeFile(): string {
    return join(this.#folder, this.#group, "complete");
  }

  #isComplete(): boolean {
    return existsSync(this.#completeFile);
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    while (this.#lock === undefined) {
      signal.throwIfAborted();
      try {
        this.#lock = RunLock.acquire(join(this.#folder, this.#group));
      } catch (error) {
        if (!(error instanceof JournalError) || error.code !== "AGORA_JOURNAL_LOCKED") throw error;
        await sleep(pause, undefined, { signal });
      }
    }
  }

  #release(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  #fileOf(identity: string): string {
    return join(this.#folder, `${identity}.jsonl`);
  }

  /** A line that a killed process has not finished is left out. */
  #stored(identity: string): Taken[] {
    const file = this.#fileOf(identity);
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as Taken];
        } catch {
          return [];
        }
      });
  }
}
