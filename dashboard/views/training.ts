/** The LoRA queue: every job with its slot, and how full the buffer is. */
import { emptyBuffer, foldBuffer } from "../../machines/buffer.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Fact } from "../record/facts.ts";
import type { Moment } from "../record/feed.ts";
import type { TrainingView } from "../view.ts";
import type { Fold } from "./fold.ts";
import { Job } from "./job.ts";

const foldable = (fact: Fact): fact is Exclude<Fact, { readonly type: "agent.joined" }> =>
  fact.type !== "agent.joined";

/**
 * Which slot each job trained in, by job: slots are handed out as actors/leases.ts does, the longest free one first.
 * A job that trained twice is shown in its last slot.
 */
export const slotsOf = (jobs: readonly Job[], slots: number): Map<string, number> => {
  const free = Array.from({ length: slots }, (_, slot) => slot);
  const held = new Map<string, number>();
  const shown = new Map<string, number>();
  const turns = jobs.flatMap((job) =>
    job
      .spans()
      .filter(({ state }) => state === "training")
      .flatMap(({ from, to }) => [
        { at: from, job: job.requested.job, takes: true },
        ...(to === undefined ? [] : [{ at: to, job: job.requested.job, takes: false }]),
      ]),
  );
  const inOrder = turns.toSorted(
    (left, right) => left.at - right.at || Number(left.takes) - Number(right.takes),
  );
  for (const { job, takes } of inOrder) {
    const slot = takes ? free.shift() : held.get(job);
    if (slot === undefined) continue;
    if (takes) held.set(job, slot);
    else free.push(slot);
    if (takes) shown.set(job, slot);
    else held.delete(job);
  }
  return shown;
};

export class Training implements Fold {
  readonly #config: Config;
  readonly #jobs = new Map<string, Job>();
  /** Steps of jobs whose request has not been read yet. */
  readonly #early = new Map<string, Moment["progress"]>();
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
      if (known) known.step(step);
      else this.#early.set(job, [...(this.#early.get(job) ?? []), step]);
    }
    if (progress.length > 0) this.#revision += 1;
  }

  view(): TrainingView {
    const jobs = [...this.#jobs.values()];
    const slots = slotsOf(jobs, this.#config.trainingSlots);
    return {
      slots: this.#config.trainingSlots,
      buffer: { waiting: this.#buffer.waiting.length, threshold: this.#config.bufferThreshold },
      jobs: jobs.map((job) => job.view(slots.get(job.requested.job))),
    };
  }

  #acceptJob(fact: Fact): boolean {
    switch (fact.type) {
      case "training.requested": {
        const job = new Job(fact);
        this.#jobs.set(fact.job, job);
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
