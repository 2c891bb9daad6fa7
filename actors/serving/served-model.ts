/**
 * A model with its adapter versions, behind an endpoint that is unavailable at times.
 *
 * 1. A version is loaded once, before its first call, under a new name, and probed. A version that the endpoint ignores
 *    is an error and is unloaded.
 * 2. A version stays loaded while it is in use, is a candidate or has calls under way; then it is unloaded.
 * 3. While the endpoint is unavailable it gets neither calls nor adapters.
 * 4. An endpoint that was restarted has lost its adapters: the call that notices it loads its version again, once.
 */
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { servedName } from "../../machines/folds/weights.ts";
import type { Model, ModelCall, ModelReply } from "../../runtime/model/model.ts";
import { ModelError } from "../../runtime/model/model-error.ts";
import { assertApplied, IgnoredAdapter } from "./adapter-probe.ts";
import { Availability, type WhileClosed } from "./availability.ts";

/** [ms] */
const idlePause = 5;

const isMissing = (error: unknown): boolean => error instanceof ModelError && error.code === "model.missing";

export const adapterFolder = (runFolder: string, model: string, version: number): string =>
  join(runFolder, "adapters", servedName(model, version));

export interface ServedModelOptions {
  /** When the run was created [ms since 1970]: a run that is made again under its name has other weights. */
  readonly created?: number | undefined;
  /** Prompts that distinguish adapters from the base model; empty: no probes. */
  readonly probes?: readonly string[];
  readonly whileClosed?: WhileClosed;
}

export class ServedModel {
  readonly name: string;
  readonly availability: Availability;
  readonly #model: Model;
  readonly #runFolder: string;
  readonly #prefix: string;
  readonly #probes: readonly string[];
  readonly #loaded = new Map<number, Promise<void>>();
  /** Names of the versions whose loading is done. */
  readonly #ready = new Map<number, string>();
  /** Calls under way by version: a version in use is not unloaded. */
  readonly #busy = new Map<number, number>();
  /** Versions that are being unloaded: under their names nothing is loaded before. */
  readonly #leaving = new Map<number, Promise<void>>();
  readonly #candidates = new Set<number>();
  /** How often each version was loaded again; each time it has a new name. */
  readonly #reloads = new Map<number, number>();
  /** Number of adapters being loaded or unloaded. */
  #errands = 0;
  #current = 0;

  constructor(
    model: Model,
    runFolder: string,
    { created, probes = [], whileClosed = "wait" }: ServedModelOptions = {},
  ) {
    this.name = model.name;
    this.availability = new Availability(whileClosed);
    this.#model = model;
    this.#runFolder = runFolder;
    this.#prefix = [basename(runFolder), ...(created === undefined ? [] : [created.toString(36)])].join(".");
    this.#probes = probes;
  }

  get current(): number {
    return this.#current;
  }

  folder(version: number): string {
    return adapterFolder(this.#runFolder, this.name, version);
  }

  /** A version's name at the endpoint: other runs there, of the same name too, have versions of the same number. */
  served(version: number): string {
    const reloads = this.#reloads.get(version) ?? 0;
    const suffix = reloads === 0 ? "" : `.${reloads}`;
    return `${this.#prefix}.${servedName(this.name, version)}${suffix}`;
  }

  /** @throws ModelError; a call with a version that cannot be loaded fails. */
  async complete(call: ModelCall, signal: AbortSignal, version = this.#current): Promise<ModelReply> {
    if (this.availability.isClosed) await this.availability.enter(signal);
    this.#busy.set(version, (this.#busy.get(version) ?? 0) + 1);
    try {
      return await this.#call(call, signal, version);
    } finally {
      this.#busy.set(version, (this.#busy.get(version) ?? 1) - 1);
      if (!this.#isNeeded(version)) void this.#retire(version);
    }
  }

  async #call(call: ModelCall, signal: AbortSignal, version: number): Promise<ModelReply> {
    const ask = async (): Promise<ModelReply> => {
      const adapter = version === 0 ? undefined : (this.#ready.get(version) ?? (await this.#ensure(version)));
      return this.#model.complete(adapter === call.adapter ? call : { ...call, adapter }, signal);
    };
    const before = this.#loaded.get(version);
    try {
      return await ask();
    } catch (error) {
      if (version === 0 || before === undefined || !isMissing(error)) throw error;
      if (this.#loaded.get(version) === before) this.#forget(version);
      return ask();
    }
  }

  /** Resolves with true when nothing is under way, or with false when the patience [ms] is over. */
  async idle(patience: number, signal?: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + patience;
    const isBusy = () => this.#errands > 0 || [...this.#busy.values()].some((calls) => calls > 0);
    while (isBusy() && performance.now() < deadline) {
      await sleep(idlePause);
      signal?.throwIfAborted();
    }
    return !isBusy();
  }

  /** Makes a version a candidate: it stays loaded until it is adopted or dropped. @throws IgnoredAdapter, ModelError */
  async load(version: number): Promise<void> {
    await this.availability.opened();
    this.#candidates.add(version);
    try {
      await this.#ensure(version);
    } catch (error) {
      this.#candidates.delete(version);
      throw error;
    }
  }

  /** The version is no longer a candidate; it is unloaded after its last call. */
  async drop(version: number): Promise<void> {
    this.#candidates.delete(version);
    await this.#retire(version);
  }

  /**
   * Calls that name no version use this one from now on. Other versions and earlier candidates are unloaded after
   * their last call. Rejects with the signal's reason if another version is chosen meanwhile.
   */
  async adopt(version: number, signal?: AbortSignal): Promise<void> {
    await this.load(version);
    this.#candidates.delete(version);
    if (signal?.aborted) await this.#retire(version);
    signal?.throwIfAborted();
    this.#current = version;
    for (const candidate of this.#candidates) if (candidate < version) this.#candidates.delete(candidate);
    await Promise.all([...this.#loaded.keys()].map((loaded) => this.#retire(loaded)));
  }

  /** The endpoint frees its GPU; the caller must close every model behind it first. @throws ModelError */
  async sleep(): Promise<void> {
    await this.#model.sleep?.();
  }

  /** @throws ModelError */
  async wake(): Promise<void> {
    await this.#model.wake?.();
  }

  /** Probes every loaded version after a sleep, and loads again those that no longer apply. @throws IgnoredAdapter */
  async verify(): Promise<void> {
    for (const version of [...this.#loaded.keys()]) {
      try {
        await assertApplied(this.#model, this.served(version), this.#probes);
      } catch (error) {
        if (!(error instanceof IgnoredAdapter || isMissing(error))) throw error;
        await this.#unload(version);
        this.#reloads.set(version, (this.#reloads.get(version) ?? 0) + 1);
        await this.#ensure(version);
      }
    }
  }

  /** The version's name at the endpoint, once it is loaded. */
  async #ensure(version: number): Promise<string | undefined> {
    if (version === 0) return undefined;
    const loading = this.#loaded.get(version) ?? this.#errand(() => this.#load(version));
    this.#loaded.set(version, loading);
    try {
      await loading;
    } catch (error) {
      if (this.#loaded.get(version) === loading) this.#loaded.delete(version);
      throw error;
    }
    const served = this.served(version);
    if (this.#loaded.get(version) === loading) this.#ready.set(version, served);
    return served;
  }

  async #load(version: number): Promise<void> {
    const served = this.served(version);
    await this.#leaving.get(version);
    await this.#model.loadAdapter(served, this.folder(version)).catch((error: unknown) => {
      // After a restart of the run the endpoint still has the version, with the same weights: names are the run's own.
      if (!(error instanceof Error && /already/i.test(error.message))) throw error;
    });
    try {
      await assertApplied(this.#model, served, this.#probes);
    } catch (error) {
      await this.#model.unloadAdapter(served).catch(() => {});
      throw error;
    }
  }

  #isNeeded(version: number): boolean {
    const isInForce = version === this.#current || this.#candidates.has(version);
    return isInForce || (this.#busy.get(version) ?? 0) > 0;
  }

  async #retire(version: number): Promise<void> {
    if (this.#isNeeded(version)) return;
    await this.availability.opened();
    if (!this.#isNeeded(version)) await this.#unload(version);
  }

  /** Resolves once it is unloaded; a version that is still being loaded is unloaded after that, without waiting. */
  async #unload(version: number): Promise<void> {
    const loading = this.#loaded.get(version);
    if (loading === undefined) return;
    const isReady = this.#ready.delete(version);
    this.#loaded.delete(version);
    const left = this.#errand(() => this.#leave(this.served(version), loading));
    this.#leaving.set(version, left);
    const over = left.then(() => void (this.#leaving.get(version) === left && this.#leaving.delete(version)));
    if (isReady) await over;
  }

  #forget(version: number): void {
    this.#loaded.delete(version);
    this.#ready.delete(version);
  }

  async #leave(served: string, loading: Promise<void>): Promise<void> {
    const isLoaded = await loading.then(
      () => true,
      () => false,
    );
    if (isLoaded) await this.#model.unloadAdapter(served).catch(() => {});
  }

  async #errand<Result>(run: () => Promise<Result>): Promise<Result> {
    this.#errands += 1;
    try {
      return await run();
    } finally {
      this.#errands -= 1;
    }
  }
}
