/** The accuracy of every model on the external validation set, version by version, and its mean by generation. */
import { standardOf } from "../../machines/folds/gate.ts";
import type { MessageOf } from "../../runtime/messages.ts";
import type { Fact } from "../record/facts.ts";
import type { AccuracyLine, AccuracyPoint } from "../view.ts";
import type { Fold } from "./fold.ts";

/** Maximum number of models with a line of their own. */
const maximumLines = 8;

type Mean = AccuracyLine["mean"][number];

export class Accuracy implements Fold {
  readonly #members = new Set<string>();
  readonly #points = new Map<string, AccuracyPoint[]>();
  /** Measured accuracies of all versions, by `model@version`. */
  readonly #known = new Map<string, number>();
  readonly #versions = new Map<string, number>();
  readonly #generations = new Map<string, number>();
  readonly #mean: Mean[] = [];
  #generation = 0;
  #problems = 0;
  #revision = 0;

  get revision(): number {
    return this.#revision;
  }

  accept(fact: Fact): void {
    switch (fact.type) {
      case "agent.joined":
        this.#join(fact);
        return;
      case "training.requested":
        this.#generations.set(fact.job, fact.generation);
        return;
      case "anchor.measured":
        this.#measure(fact);
        return;
      case "adapter.published":
        this.#publish(fact);
        return;
      case "adapter.withdrawn":
        this.#versions.set(fact.model, fact.restored);
        this.#add(fact.model, { at: fact.at, adapter: fact.restored, isRestored: true });
        return;
    }
  }

  view(): AccuracyLine {
    const names = [...new Set([...this.#members, ...this.#points.keys()])].toSorted();
    const models = names.slice(0, maximumLines).map((model) => ({
      model,
      points: [...(this.#points.get(model) ?? [])],
    }));
    return { problems: this.#problems, mean: [...this.#mean], models, measured: this.#points.size };
  }

  #join({ agent, member, model }: Extract<Fact, { readonly type: "agent.joined" }>): void {
    if (!member || model === undefined || this.#members.has(agent)) return;
    this.#members.add(agent);
    this.#revision += 1;
  }

  #measure(measured: MessageOf<"anchor.measured">): void {
    const { model, adapter, at, purpose, zeroShot } = measured;
    this.#problems = zeroShot.total;
    this.#known.set(`${model}@${adapter}`, standardOf(measured).zeroShot);
    if (purpose === "gate" || adapter !== (this.#versions.get(model) ?? 0)) return;
    if (this.#points.get(model)?.at(-1)?.adapter !== adapter) this.#add(model, { at, adapter });
  }

  #publish({ model, version, job, at, after }: MessageOf<"adapter.published">): void {
    if (after !== undefined) this.#known.set(`${model}@${version}`, after);
    this.#versions.set(model, version);
    this.#generation = Math.max(this.#generation, this.#generations.get(job) ?? 0);
    this.#add(model, { at, adapter: version });
  }

  /** A version that has not been measured yet gets its point with its first measurement. */
  #add(model: string, point: Omit<AccuracyPoint, "accuracy">): void {
    const accuracy = this.#known.get(`${model}@${point.adapter}`);
    if (accuracy === undefined) return;
    const points = this.#points.get(model) ?? [];
    this.#points.set(model, [...points, { ...point, accuracy }]);
    this.#average(point.at);
    this.#revision += 1;
  }

  /** The mean of a generation is that after its newest adapter. */
  #average(at: number): void {
    const newest = [...this.#points.values()].flatMap((points) => points.at(-1)?.accuracy ?? []);
    const accuracy = newest.reduce((sum, value) => sum + value, 0) / newest.length;
    const generation = this.#generation;
    if (this.#mean.at(-1)?.generation === generation) this.#mean.pop();
    this.#mean.push({ at, generation, accuracy });
  }
}
