/** What the endpoints of some models answer: whether they reply, and whether they refuse for good. */
import type { Model, ModelReply } from "../../runtime/model/model.ts";
import { isAnswered, ModelError, mayPass } from "../../runtime/model/model-error.ts";

export interface Standing {
  /** Calls that the endpoint has answered, if only with an error. A round without any is an outage. */
  readonly answered: number;
  /** Permanent refusals in a row. */
  readonly refusals: number;
  /** The last of them. */
  readonly problem?: string | undefined;
  readonly fix?: string | undefined;
}

/** Permanent refusals in a row after which a model counts as lost. */
export const lostAfter = 3;

export const noAnswers: Standing = { answered: 0, refusals: 0 };

const isPermanent = (error: unknown): error is ModelError => error instanceof ModelError && !mayPass(error);

export class Answers {
  readonly #standings = new Map<string, Standing>();
  readonly #onChange: (name: string, standing: Standing) => void;

  constructor(onChange: (name: string, standing: Standing) => void = () => {}) {
    this.#onChange = onChange;
  }

  of(name: string): Standing {
    return this.#standings.get(name) ?? noAnswers;
  }

  /** The same models; their calls are counted here. */
  watching(models: readonly Model[]): Model[] {
    return models.map((model) => this.#watched(model));
  }

  #watched(model: Model): Model {
    const { name } = model;
    const replied = (reply: ModelReply): ModelReply => {
      this.#change(name, { answered: this.of(name).answered + 1, refusals: 0 });
      return reply;
    };
    const refused = (error: unknown): never => {
      const { answered, ...before } = this.of(name);
      if (isPermanent(error)) {
        const { problem, fix } = error;
        this.#change(name, { answered: answered + 1, refusals: before.refusals + 1, problem, fix });
      } else if (error instanceof ModelError && isAnswered(error))
        this.#change(name, { answered: answered + 1, ...before });
      throw error;
    };
    return {
      name,
      complete: (...given) => model.complete(...given).then(replied, refused),
      loadAdapter: model.loadAdapter.bind(model),
      unloadAdapter: model.unloadAdapter.bind(model),
      ...(model.probe ? { probe: model.probe.bind(model) } : {}),
      ...(model.sleep ? { sleep: model.sleep.bind(model) } : {}),
      ...(model.wake ? { wake: model.wake.bind(model) } : {}),
    };
  }

  #change(name: string, standing: Standing): void {
    this.#standings.set(name, standing);
    this.#onChange(name, standing);
  }
}
