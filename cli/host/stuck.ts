/**
 * Ends a run that makes no progress, with the reason: too few members have an endpoint that serves them, all questions
 * are void although endpoints answer, or no endpoint answers for longer than the run waits out an outage. Settled
 * questions are kept, and the run can be resumed when the cause is removed.
 *
 * The endpoints of members that play in other processes are known from their signs of life.
 */
import {
  barrenReason,
  foldProspects,
  freshProspects,
  StuckError,
  stuckReason,
} from "../../machines/folds/prospects.ts";
import type { AgoraErrorOptions } from "../../runtime/agora-error.ts";
import type { Message } from "../../runtime/messages.ts";
import type { Model } from "../../runtime/model/model.ts";
import { Answers, lostAfter, noAnswers, type Standing } from "./answers.ts";

/** Verification needs an author and another member; a group of one goes on alone. */
const smallestGroup = 2;

export interface StuckOptions {
  readonly onStuck: (cause: StuckError) => void;
  /** How long rounds without a reply may last [s]. */
  readonly outageSeconds: number;
  /** [ms] */
  readonly now?: () => number;
}

export class StuckWatch {
  readonly #options: StuckOptions;
  readonly #now: () => number;
  /** By model. */
  readonly #standings = new Map<string, Standing>();
  #prospects = freshProspects;
  /** The rounds in a row in which no endpoint replied. */
  #outage = freshProspects;
  #outageSince = 0;
  #roundSince: number;
  /** Messages of the current round. */
  #heard: Message[] = [];
  /** Whether an endpoint replied in the current round, if only with an error. A round without a reply is an outage. */
  #replied = false;
  #members: readonly string[] = [];

  constructor(options: StuckOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#roundSince = this.#now();
  }

  /** The same models; their calls are counted here. */
  watching(models: readonly Model[]): Model[] {
    this.#members = models.map(({ name }) => name);
    return new Answers((name, standing) => this.#stands(name, standing)).watching(models);
  }

  accept(message: Message): void {
    if (message.type === "agent.pulsed") {
      const { agent, answered, refused } = message;
      if (answered !== undefined) this.#stands(agent, { answered, refusals: 0, ...refused });
      return;
    }
    this.#heard.push(message);
    if (message.type === "round.closed") this.#closed();
  }

  #closed(): void {
    const [heard, replied] = [this.#heard, this.#replied];
    [this.#heard, this.#replied] = [[], false];
    const since = this.#roundSince;
    this.#roundSince = this.#now();
    if (!replied) {
      this.#awaitOutage(heard, since);
      return;
    }
    this.#outage = freshProspects;
    this.#prospects = heard.reduce(foldProspects, this.#prospects);
    const reason = stuckReason(this.#prospects);
    if (reason === undefined) return;
    // Refusals are why the questions were void, also before they are enough to end the run by themselves.
    const lack = this.#lack(1);
    this.#end(lack?.why ?? reason, lack?.options);
  }

  #awaitOutage(heard: readonly Message[], roundSince: number): void {
    const { outageSeconds } = this.#options;
    if (this.#outage.barren === 0) this.#outageSince = roundSince;
    this.#outage = heard.reduce(foldProspects, this.#outage);
    const lasted = (this.#now() - this.#outageSince) / 1000;
    if (this.#outage.barren === 0 || lasted < outageSeconds) return;
    this.#end(`no endpoint has answered for ${Math.round(lasted)} s: ${barrenReason(this.#outage)}`, {
      fix: "start the endpoints (`agora doctor` checks them), then resume the run; outageSeconds says how long it waits",
    });
  }

  #stands(name: string, standing: Standing): void {
    const before = this.#standings.get(name) ?? noAnswers;
    if (standing.answered !== before.answered) this.#replied = true;
    this.#standings.set(name, standing);
    if (standing.refusals > before.refusals) this.#count();
  }

  /** Ends the run if too few models are left. */
  #count(): void {
    const lack = this.#lack(lostAfter);
    if (lack !== undefined) this.#end(lack.why, lack.options);
  }

  /** Why too few models are left without those that have refused so often in a row; undefined if enough are. */
  #lack(refusals: number): { readonly why: string; readonly options: AgoraErrorOptions } | undefined {
    const standings = this.#members.flatMap((member) => this.#standings.get(member) ?? []);
    const lost = standings.filter((standing) => standing.refusals >= refusals);
    const left = this.#members.length - lost.length;
    const least = Math.min(smallestGroup, this.#members.length);
    if (left >= least) return undefined;
    const all = (texts: readonly (string | undefined)[]) => [...new Set(texts)].join("; ");
    return {
      why: `${lost.length} of ${this.#members.length} models fail permanently: ${all(lost.map(({ problem }) => problem))}`,
      options: { expected: `at least ${least} models that answer`, fix: all(lost.map(({ fix }) => fix)) },
    };
  }

  #end(why: string, options?: AgoraErrorOptions): void {
    this.#options.onStuck(new StuckError(`the run cannot continue: ${why}`, options));
  }
}
