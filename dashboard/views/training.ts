/** The training view: all LoRA jobs with their slots, and the buffer's fill level. */
import type { Config } from "../../runtime/config/config.ts";
import type { Fact } from "../record/facts.ts";
import type { FeedStep, Moment } from "../record/feed.ts";
import type { TrainingView } from "../view.ts";
import type { Buffer } from "./buffer.ts";
import type { Fold } from "./fold.ts";
import { Job } from "./job.ts";

export class Training implements Fold {
  readonly #config: Config;
  readonly #buffer: Buffer;
  /** Oldest first. */
  readonly #jobs = new Map<string, Job>();
  readonly #kept: number;
  #older = 0;
  /** Steps of jobs whose request has not been read yet, by job. */
  readonly #early = new Map<string, FeedStep[]>();
  #revision = 0;

  /**
   * @param buffer must accept each fact before this view does
   * @param kept number of the newest jobs that it keeps when they have ended; by default all
   */
  constructor(config: Config, buffer: Buffer, kept = Number.POSITIVE_INFINITY) {
    this.#config = config;
    this.#kept = kept;
    this.#buffer = buffer;
  }

  get revision(): number {
    return this.#revision + this.#buffer.revision;
  }

  accept(fact: Fact): void {
    if (this.#acceptJob(fact)) this.#revision += 1;
  }

  acceptMoment({ progress = [] }: Moment): void {
    for (const step of progress) {
      const [, job] = step;
      const known = this.#jobs.get(job);
      if (known) known.step(step);
      else this.#stepEarly(job, step);
    }
    if (progress.length > 0) this.#revision += 1;
  }

  view(): TrainingView {
    const jobs = [...this.#jobs.values()].map((job) => job.view());
    const reported = jobs.flatMap(({ slot }) => (slot === undefined ? [] : slot + 1));
    const slots = Math.max(this.#config.trainingSlots ?? 1, ...reported);
    const older = this.#older === 0 ? {} : { older: this.#older };
    return { slots, buffer: this.#buffer.view(), jobs, ...older };
  }

  /** The feed may also have steps of jobs that are not kept any more. */
  #stepEarly(job: string, step: FeedStep): void {
    this.#early.set(job, [...(this.#early.get(job) ?? []), step]);
    const [oldest] = this.#early.keys();
    if (this.#early.size > this.#kept && oldest !== undefined) this.#early.delete(oldest);
  }

  #forget(): void {
    const [oldest] = this.#jobs;
    if (this.#jobs.size <= this.#kept || oldest === undefined || !oldest[1].hasEnded) return;
    this.#jobs.delete(oldest[0]);
    this.#older += 1;
  }

  #acceptJob(fact: Fact): boolean {
    switch (fact.type) {
      case "training.requested": {
        const job = new Job(fact);
        this.#jobs.set(fact.job, job);
        this.#forget();
        for (const step of this.#early.get(fact.job) ?? []) job.step(step);
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
