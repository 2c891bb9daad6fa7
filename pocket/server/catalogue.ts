/** The models and adapters of one server, by the name in a request. */
import type { Engine } from "../engine/index.ts";
import { modelNotFound, RequestError } from "./errors.ts";
import type { SequenceLimit } from "./sequence-limit.ts";
import type { TokenTexts } from "./token-texts.ts";

export interface ServedModel {
  readonly name: string;
  readonly engine: Engine;
  /** Folder of the checkpoint, if known. */
  readonly folder: string | undefined;
  readonly limit: SequenceLimit;
  readonly tokenTexts: TokenTexts;
  /** Called on each failure of the engine. */
  readonly onFailure: ((error: RequestError) => void) | undefined;
}

/** The model and adapter that a request names. */
export interface Target {
  /** The name in the request, repeated in the answer. */
  readonly name: string;
  readonly model: ServedModel;
  /** Undefined for the base model. */
  readonly adapter: string | undefined;
}

export interface ServedAdapter {
  readonly name: string;
  readonly parent: ServedModel;
  /** Undefined for an adapter that the engine had loaded earlier. */
  readonly folder: string | undefined;
}

export class Catalogue {
  readonly models: readonly ServedModel[];
  readonly #byName: ReadonlyMap<string, ServedModel>;
  readonly #folders = new Map<string, string>();
  /** Adapters that are being loaded or unloaded: their names are reserved but not served. */
  readonly #changing = new Set<string>();

  constructor(models: readonly ServedModel[]) {
    this.models = models;
    this.#byName = new Map(models.map((model) => [model.name, model]));
  }

  /** @throws RequestError 404 if the name is not served */
  find(name: string): Target {
    const model = this.#byName.get(name);
    if (model) return { name, model, adapter: undefined };
    const parent = this.#parentOf(name);
    if (!parent) throw modelNotFound(name, this.names());
    return { name, model: parent, adapter: name };
  }

  adapters(): ServedAdapter[] {
    return this.models.flatMap((parent) =>
      parent.engine
        .adapters()
        .filter((name) => !this.#changing.has(name))
        .map((name) => ({ name, parent, folder: this.#folders.get(name) })),
    );
  }

  names(): string[] {
    return [...this.#byName.keys(), ...this.adapters().map((adapter) => adapter.name)];
  }

  /** @throws RequestError 400 if the name is in use, or the engine's error */
  async loadAdapter(parent: ServedModel, name: string, folder: string): Promise<void> {
    this.#requireFree(name);
    await this.#change(name, () => parent.engine.loadAdapter(name, folder));
    this.#folders.set(name, folder);
  }

  /**
   * The name is no longer served from the call on. Running sequences of the adapter end first.
   * @throws RequestError 404 for an unknown adapter
   */
  async unloadAdapter(name: string): Promise<void> {
    const parent = this.#parentOf(name);
    if (!parent) {
      throw new RequestError(404, "adapter_not_found", `The adapter '${name}' is not loaded`, "lora_name", {
        fix: "see /v1/models for the loaded ones",
      });
    }
    await this.#change(name, async () => {
      await parent.limit.emptied(name);
      await parent.engine.unloadAdapter(name);
    });
    this.#folders.delete(name);
  }

  async #change(name: string, work: () => Promise<void>): Promise<void> {
    this.#changing.add(name);
    try {
      await work();
    } finally {
      this.#changing.delete(name);
    }
  }

  #requireFree(name: string): void {
    const problem = this.#byName.has(name)
      ? `'${name}' is the name of a served model`
      : this.#changing.has(name)
        ? `The adapter '${name}' is being loaded or unloaded`
        : this.#parentOf(name) && `The adapter '${name}' has already been loaded`;
    if (!problem) return;
    throw new RequestError(400, "name_taken", problem, "lora_name", {
      fix: "choose a new name, such as the next version",
    });
  }

  #parentOf(adapter: string): ServedModel | undefined {
    if (this.#changing.has(adapter)) return undefined;
    return this.models.find((model) => model.engine.adapters().includes(adapter));
  }
}
