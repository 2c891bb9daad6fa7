/** The models of one server, found by the name in a request: a base model's, or a loaded adapter's. */
import type { Engine } from "../engine/index.ts";
import { modelNotFound, RequestError } from "./errors.ts";
import type { SequenceLimit } from "./sequence-limit.ts";
import type { TokenTexts } from "./token-texts.ts";

export interface ServedModel {
  readonly name: string;
  readonly engine: Engine;
  /** Folder of the checkpoint, where known. */
  readonly folder: string | undefined;
  readonly limit: SequenceLimit;
  readonly tokenTexts: TokenTexts;
  /** Told of each failure of the engine. */
  readonly onFailure: ((error: RequestError) => void) | undefined;
}

/** What a request's `model` names. */
export interface Target {
  /** The name the client used, echoed in the answer. */
  readonly name: string;
  readonly model: ServedModel;
  /** undefined is the base model. */
  readonly adapter: string | undefined;
}

export interface ServedAdapter {
  readonly name: string;
  readonly parent: ServedModel;
  /** undefined where the engine had it before the server began. */
  readonly folder: string | undefined;
}

export class Catalogue {
  readonly models: readonly ServedModel[];
  readonly #byName: ReadonlyMap<string, ServedModel>;
  readonly #folders = new Map<string, string>();
  /** Adapters on their way in or out: the name is taken, yet not served. */
  readonly #changing = new Set<string>();

  constructor(models: readonly ServedModel[]) {
    this.models = models;
    this.#byName = new Map(models.map((model) => [model.name, model]));
  }

  /** @throws RequestError 404 for a name that is not served. */
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

  /** @throws RequestError 400 for a taken name, or whatever the engine says of the folder. */
  async loadAdapter(parent: ServedModel, name: string, folder: string): Promise<void> {
    this.#requireFree(name);
    await this.#change(name, () => parent.engine.loadAdapter(name, folder));
    this.#folders.set(name, folder);
  }

  /**
   * From the call on, the name is no longer served; sequences under way with it end in peace first.
   * @throws RequestError 404 for an unknown adapter.
   */
  async unloadAdapter(name: string): Promise<void> {
    const parent = this.#parentOf(name);
    if (!parent) {
      const message = `The adapter '${name}' is not loaded; see /v1/models for those that are.`;
      throw new RequestError(404, "adapter_not_found", message, "lora_name");
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
        ? `The adapter '${name}' is on its way in or out`
        : this.#parentOf(name) && `The adapter '${name}' has already been loaded`;
    if (!problem) return;
    const message = `${problem}; choose a new name, such as the next version.`;
    throw new RequestError(400, "name_taken", message, "lora_name");
  }

  #parentOf(adapter: string): ServedModel | undefined {
    if (this.#changing.has(adapter)) return undefined;
    return this.models.find((model) => model.engine.adapters().includes(adapter));
  }
}
