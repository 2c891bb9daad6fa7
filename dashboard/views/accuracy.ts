/** The accuracy of every model on the external validation set, version by version, and its mean by generation. */
import { standardOf } from "../../machines/folds/gate.ts";
import { type ByVersion, servedName, withVersion } from "../../machines/folds/weights.ts";
import type { MessageOf } from "../../runtime/messages.ts";
import type { Fact } from "../record/facts.ts";
import type { AccuracyLine, AccuracyPoint } from "../view.ts";
import { Curves } from "./curves.ts";
import type { Fold } from "./fold.ts";

/** Maximum number of models with a line of their own. */
const maximumLines = 8;
/** Points of all lines: they are a part of every headline. */
const mostPoints = 500;

type Mean = AccuracyLine["mean"][number];

export class Accuracy implements Fold {
  readonly #members = new Set<string>();
  readonly #points: Curves<AccuracyPoint & { readonly model: string }>;
  readonly #newest = new Map<string, AccuracyPoint>();
  /** Measured accuracies. */
  #known: ByVersion<number> = {};
  readonly #versions = new Map<string, number>();
  /** Of jobs that have not ended. */
  readonly #generations = new Map<string, number>();
  /** Of the generations before the newest one. */
  readonly #means: Curves<Mean>;
  #mean: Mean | undefined;
  #generation = 0;
  #problems = 0;
  #revision = 0;

  constructor(isThinned = false) {
    this.#points = new Curves(isThinned, mostPoints);
    this.#means = new Curves(isThinned, mostPoints);
  }

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
      case "adapter.rejected":
      case "training.failed":
        this.#generations.delete(fact.job);
        return;
      case "adapter.withdrawn":
        this.#versions.set(fact.model, fact.restored);
        this.#add(fact.model, { at: fact.at, adapter: fact.restored, isRestored: true });
        return;
    }
  }

  view(): AccuracyLine {
    const names = [...new Set([...this.#members, ...this.#newest.keys()])].toSorted();
    const points = Map.groupBy(this.#points.points(), ({ model }) => model);
    const models = names.slice(0, maximumLines).map((model) => ({
      model,
      points: (points.get(model) ?? []).map(({ model: _line, ...point }) => point),
    }));
    const mean = [...this.#means.points(), ...(this.#mean === undefined ? [] : [this.#mean])];
    return { problems: this.#problems, mean, models, measured: this.#newest.size };
  }

  #join({ agent, member, model }: Extract<Fact, { readonly type: "agent.joined" }>): void {
    if (!member || model === undefined || this.#members.has(agent)) return;
    this.#members.add(agent);
    this.#revision += 1;
  }

  #measure(measured: MessageOf<"anchor.measured">): void {
    const { model, adapter, at, purpose, zeroShot } = measured;
    this.#problems = zeroShot.total;
    this.#known = withVersion(this.#known, model, adapter, standardOf(measured).zeroShot);
    if (purpose === "gate" || adapter !== (this.#versions.get(model) ?? 0)) return;
    if (this.#newest.get(model)?.adapter !== adapter) this.#add(model, { at, adapter });
  }

  #publish({ model, version, job, at, after }: MessageOf<"adapter.published">): void {
    if (after !== undefined) this.#known = withVersion(this.#known, model, version, after);
    this.#versions.set(model, version);
    this.#generation = Math.max(this.#generation, this.#generations.get(job) ?? 0);
    this.#generations.delete(job);
    this.#add(model, { at, adapter: version });
  }

  /** A version that has not been measured yet gets its point with its first measurement. */
  #add(model: string, point: Omit<AccuracyPoint, "accuracy">): void {
    const accuracy = this.#known[servedName(model, point.adapter)];
    if (accuracy === undefined) return;
    this.#points.add({ model, ...point, accuracy }, model);
    this.#newest.set(model, { ...point, accuracy });
    this.#average(point.at);
    this.#revision += 1;
  }

  /** The mean of a generation is that after its newest adapter. */
  #average(at: number): void {
    const newest = Array.from(this.#newest.values(), ({ accuracy }) => accuracy);
    const accuracy = newest.reduce((sum, value) => sum + value, 0) / newest.length;
    const generation = this.#generation;
    if (this.#mean !== undefined && this.#mean.generation !== generation) this.#means.add(this.#mean);
    this.#mean = { at, generation, accuracy };
  }
}
