/** Where texts come from and where they went: which jobs trained on a solution, and which question a duplicate repeats. */
import { essence } from "../../actors/roles/catalogue.ts";
import type { MessageOf } from "../../runtime/messages.ts";
import type { JobSamples, TrainedBy } from "../origin-view.ts";
import type { Fact } from "../record/facts.ts";
import type { Fold } from "./fold.ts";

/** A question that has settled. */
interface Settled {
  /** Normal form of its text. */
  readonly form: string;
  readonly solutions: readonly string[];
}

interface Author {
  readonly question: string;
  readonly author: string;
  readonly adapter: number;
}

type Requested = MessageOf<"training.requested">;

export class Provenance implements Fold {
  readonly #kept: number;
  /** By question, oldest first. */
  readonly #settled = new Map<string, Settled>();
  readonly #authors = new Map<string, Author>();
  /** Oldest first. */
  readonly #jobs = new Map<string, Requested>();
  readonly #outcomes = new Map<string, TrainedBy["outcome"]>();
  /** Jobs by the solution that they trained on. */
  readonly #trained = new Map<string, string[]>();
  /** The first question that has ended with a text, by its normal form. */
  readonly #questions = new Map<string, string>();
  #revision = 0;

  /** @param kept number of the newest questions whose solutions it knows, with the jobs of these; by default all */
  constructor(kept = Number.POSITIVE_INFINITY) {
    this.#kept = kept;
  }

  get revision(): number {
    return this.#revision;
  }

  accept(fact: Fact): void {
    this.#revision += 1;
    if (fact.type === "question.settled") this.#settle(fact.dossier);
    if (fact.type === "training.requested") this.#request(fact);
    if (fact.type === "adapter.published") this.#end(fact.job, "published");
    if (fact.type === "adapter.rejected") this.#end(fact.job, "rejected");
    if (fact.type === "training.failed") this.#end(fact.job, "failed");
    if (fact.type === "adapter.withdrawn") this.#withdraw(fact);
  }

  /** The settled question with the same normal form; undefined if there is none yet. */
  firstWith(text: string): string | undefined {
    return this.#questions.get(essence(text));
  }

  trainedBy(solutionId: string): TrainedBy[] {
    return (this.#trained.get(solutionId) ?? []).flatMap((id) => {
      const requested = this.#jobs.get(id);
      if (requested === undefined) return [];
      const { job, model, version } = requested;
      const outcome = this.#outcomes.get(id);
      return [{ job, model, version, ...(outcome === undefined ? {} : { outcome }) }];
    });
  }

  /** Whether all samples of a job are known. */
  knows(job: string): boolean {
    return this.#jobs.get(job)?.samples.every((solution) => this.#authors.has(solution)) ?? false;
  }

  /** Undefined if no such job has been requested. */
  samplesOf(job: string): JobSamples | undefined {
    const requested = this.#jobs.get(job);
    if (requested === undefined) return undefined;
    const { model, previous, version, samples, rehearsal = [] } = requested;
    const known = samples.flatMap((solution) => {
      const author = this.#authors.get(solution);
      return author === undefined ? [] : [{ solution, ...author }];
    });
    return { job, model, previous, version, samples: known, rehearsed: rehearsal.length };
  }

  #settle({ question, text, solutions }: MessageOf<"question.settled">["dossier"]): void {
    const form = essence(text);
    if (!this.#questions.has(form)) this.#questions.set(form, question);
    for (const { solutionId, author, adapter } of solutions)
      this.#authors.set(solutionId, { question, author, adapter });
    this.#settled.set(question, { form, solutions: solutions.map(({ solutionId }) => solutionId) });
    if (this.#settled.size > this.#kept) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const [oldest] = this.#settled;
    if (oldest === undefined) return;
    const [question, { form, solutions }] = oldest;
    this.#settled.delete(question);
    if (this.#questions.get(form) === question) this.#questions.delete(form);
    for (const solution of solutions) {
      this.#authors.delete(solution);
      this.#trained.delete(solution);
    }
    this.#forgetJobs();
  }

  /** Those that have trained on nothing that is known. */
  #forgetJobs(): void {
    for (const [job, { samples }] of this.#jobs) {
      if (samples.some((solution) => this.#authors.has(solution))) return;
      this.#jobs.delete(job);
      this.#outcomes.delete(job);
    }
  }

  #end(job: string, outcome: TrainedBy["outcome"]): void {
    if (this.#jobs.has(job)) this.#outcomes.set(job, outcome);
  }

  #request(requested: Requested): void {
    const { job, samples } = requested;
    this.#jobs.set(job, requested);
    for (const solution of samples)
      if (this.#authors.has(solution))
        this.#trained.set(solution, [...(this.#trained.get(solution) ?? []), job]);
  }

  #withdraw({ model, version }: MessageOf<"adapter.withdrawn">): void {
    const found = [...this.#jobs.values()].find((job) => job.model === model && job.version === version);
    if (found !== undefined) this.#outcomes.set(found.job, "withdrawn");
  }
}
