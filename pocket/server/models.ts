/** `/v1/models`, `/v1/models/:model` and `/health`. */
import type { Context } from "hono";
import type { Catalogue, ServedAdapter, ServedModel } from "./catalogue.ts";
import type { ModelCard } from "./responses.ts";

export class ModelCards {
  readonly #catalogue: Catalogue;
  /** Unix seconds. */
  readonly #created = Math.floor(Date.now() / 1000);

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  list(context: Context): Response {
    const { models } = this.#catalogue;
    const bases = models.map((model) => this.#card(model.name, model, model.folder, null));
    const adapters = this.#catalogue.adapters().map((adapter) => this.#adapterCard(adapter));
    return context.json({ object: "list", data: [...bases, ...adapters] });
  }

  retrieve(context: Context): Response {
    const { name, model, adapter } = this.#catalogue.find(context.req.param("model") ?? "");
    const loaded = this.#catalogue.adapters().find((entry) => entry.name === adapter);
    return context.json(loaded ? this.#adapterCard(loaded) : this.#card(name, model, model.folder, null));
  }

  /** Also reports each model's load in sequences. */
  health(context: Context): Response {
    const models = this.#catalogue.models.map(({ name, limit }) => ({
      id: name,
      under_way: limit.taken,
      capacity: limit.capacity,
    }));
    return context.json({ status: "ok", models });
  }

  #adapterCard({ name, parent, folder }: ServedAdapter): ModelCard {
    return this.#card(name, parent, folder, parent.name);
  }

  #card(id: string, model: ServedModel, folder: string | undefined, parent: string | null): ModelCard {
    return {
      id,
      object: "model",
      created: this.#created,
      owned_by: "agora",
      root: folder ?? id,
      parent,
      max_model_len: model.engine.contextLength,
    };
  }
}
