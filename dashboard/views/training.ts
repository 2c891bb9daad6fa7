/** The LoRA queue: every job with its slot, and how full the buffer is. */
import { emptyBuffer, foldBuffer } from "../../machines/buffer.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Fact } from "../record/facts.ts";
import type { FeedStep, Moment } from "../record/feed.ts";
import type { TrainingView } from "../view.ts";
import type { Fold } from "./fold.ts";
import { Job } from "./job.ts";
import { mostAtOnce, slotsOf } from "./slots.ts";

const foldable = (fact: Fact): fact is Exclude<Fact, { readonly type: "agent.joined" }> =>
  fact.type !== "agent.joined";

export class Training implements Fold {
  readonly #config: Config;
  readonly #jobs = new Map<string, Job>();
  /** Steps of jobs whose request has not been read yet. */
  readonly #early = new Map<string, [FeedStep, number][]>();
  #steps = 0;
  #buffer = { ...emptyBuffer, examples: new Map() };
  #revision = 0;

  constructor(config: Config) {
    this.#config = config;
  }

  get revision(): number {
    return this.#revision;
  }

  accept(fact: Fact): void {
    if (!foldable(fact)) return;
    const before = this.#buffer;
    this.#buffer = { ...foldBuffer(this.#config)(before, fact), examples: before.examples };
    if (this.#acceptJob(fact) || this.#buffer.waiting !== before.waiting) this.#revision += 1;
  }

  acceptMoment({ progress = [] }: Moment): void {
    for (const step of progress) {
      const [, job] = step;
      const known = this.#jobs.get(job);
      this.#steps += 1;
      if (known) known.step(step, this.#steps);
      else this.#early.set(job, [...(this.#early.get(job) ?? []), [step, this.#steps]]);
    }
    if (progress.length > 0) this.#revision += 1;
  }

  view(): TrainingView {
    const jobs = [...this.#jobs.values()];
    const slots = this.#config.trainingSlots ?? mostAtOnce(jobs);
    const shown = slotsOf(jobs, slots);
    return {
      slots,
      buffer: { waiting: this.#buffer.waiting.length, threshold: this.#config.bufferThreshold },
      jobs: jobs.map((job) => job.view(shown.get(job.requested.job))),
    };
  }

  #acceptJob(fact: Fact): boolean {
    switch (fact.type) {
      case "training.requested": {
        const job = new Job(fact);
        this.#jobs.set(fact.job, job);
        for (const [step, order] of this.#early.get(fact.job) ?? []) job.step(step, order);
        return this.#early.delete(fact.job) || true;
      }
      case "training.failed":
      case "adapter.rejected":
      case "adapter.published":
        this.#jobs.get(fact.job)?.end(fact);
        return true;
      case "adapter.withdrawn":
        [...this.#jobs.values()]
          .find(({ requested: { model, version } }) => model === fact.model && version === fact.version)
          ?.withdraw(fact);
        return true;
      default:
        return false;
    }
  }
}
