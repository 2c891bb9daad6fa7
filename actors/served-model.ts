/** A model with its adapter versions: loads a version once, before its first call, and drops those out of use. */
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { servedName } from "../machines/buffer.ts";
import type { Model, ModelCall, ModelReply } from "../runtime/model/model.ts";

/** [ms] */
const idlePause = 5;

export const adapterFolder = (runFolder: string, model: string, version: number): string =>
  join(runFolder, "adapters", servedName(model, version));

export class ServedModel {
  readonly name: string;
  readonly #model: Model;
  readonly #runFolder: string;
  readonly #loaded = new Map<number, Promise<void>>();
  /** Calls under way by version: a version in use is not unloaded. */
  readonly #busy = new Map<number, number>();
  #current = 0;

  constructor(model: Model, runFolder: string) {
    this.name = model.name;
    this.#model = model;
    this.#runFolder = runFolder;
  }

  get current(): number {
    return this.#current;
  }

  folder(version: number): string {
    return adapterFolder(this.#runFolder, this.name, version);
  }

  /** The endpoint's name for a version: other runs at the same endpoint have versions of the same number. */
  served(version: number): string {
    return `${basename(this.#runFolder)}.${servedName(this.name, version)}`;
  }

  /** @throws ModelError; a call with a version that cannot be loaded fails. */
  async complete(call: ModelCall, signal: AbortSignal, version = this.#current): Promise<ModelReply> {
    this.#busy.set(version, (this.#busy.get(version) ?? 0) + 1);
    try {
      await this.load(version);
      const adapter = version === 0 ? undefined : this.served(version);
      return await this.#model.complete({ ...call, adapter }, signal);
    } finally {
      this.#busy.set(version, (this.#busy.get(version) ?? 1) - 1);
      void this.#retire(version);
    }
  }

  /** Resolves once no call is under way, or the patience [ms] is over. */
  async idle(patience: number): Promise<void> {
    const deadline = performance.now() + patience;
    const isBusy = () => [...this.#busy.values()].some((calls) => calls > 0);
    while (isBusy() && performance.now() < deadline) await sleep(idlePause);
  }

  async load(version: number): Promise<void> {
    if (version === 0) return;
    const loading = this.#loaded.get(version) ?? this.#load(version);
    this.#loaded.set(version, loading);
    try {
      await loading;
    } catch (error) {
      this.#loaded.delete(version);
      throw error;
    }
  }

  /**
   * Calls that name no version use this one from now on; older ones go when their last call has ended.
   * Rejects with the signal's reason where another version was chosen meanwhile.
   */
  async adopt(version: number, signal?: AbortSignal): Promise<void> {
    await this.load(version);
    signal?.throwIfAborted();
    this.#current = version;
    await Promise.all([...this.#loaded.keys()].map((loaded) => this.#retire(loaded)));
  }

  /** An endpoint that outlived an earlier life of this run has the version already: the same weights. */
  async #load(version: number): Promise<void> {
    try {
      await this.#model.loadAdapter(this.served(version), this.folder(version));
    } catch (error) {
      if (!(error instanceof Error && /already/i.test(error.message))) throw error;
    }
  }

  async #retire(version: number): Promise<void> {
    const isNeeded = version === this.#current || (this.#busy.get(version) ?? 0) > 0;
    // A version newer than the current one is a candidate at the gate.
    if (version === 0 || version > this.#current || isNeeded || !this.#loaded.delete(version)) return;
    await this.#model.unloadAdapter(this.served(version)).catch(() => {});
  }
}
