/**
 * Ends a run that makes no progress, with the reason: too few members have an endpoint that serves them, or all
 * questions are void. Settled questions are kept, and the run can be resumed when the cause is removed.
 *
 * The endpoints of members that play in other processes are known from their signs of life.
 */
import { foldProspects, freshProspects, StuckError, stuckReason } from "../../machines/folds/prospects.ts";
import type { AgoraErrorOptions } from "../../runtime/agora-error.ts";
import type { Message } from "../../runtime/messages.ts";
import type { Model } from "../../runtime/model/model.ts";
import { Answers, noAnswers, type Standing } from "./answers.ts";

/** Permanent refusals in a row after which a model counts as lost. */
const patience = 3;
/** Verification needs an author and another member; a group of one goes on alone. */
const smallestGroup = 2;

export class StuckWatch {
  readonly #onStuck: (cause: StuckError) => void;
  /** By model. */
  readonly #standings = new Map<string, Standing>();
  #prospects = freshProspects;
  /** Messages of the current round. */
  #heard: Message[] = [];
  /** Whether an endpoint answered in the current round, if only with an error. A round without one is an outage. */
  #replied = false;
  #members: readonly string[] = [];

  constructor(onStuck: (cause: StuckError) => void) {
    this.#onStuck = onStuck;
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
    if (!replied) return;
    this.#prospects = heard.reduce(foldProspects, this.#prospects);
    const reason = stuckReason(this.#prospects);
    if (reason === undefined) return;
    this.#end(reason);
  }

  #stands(name: string, standing: Standing): void {
    const before = this.#standings.get(name) ?? noAnswers;
    if (standing.answered !== before.answered) this.#replied = true;
    this.#standings.set(name, standing);
    if (standing.refusals > before.refusals) this.#count();
  }

  /** Ends the run if too few models are left. */
  #count(): void {
    const standings = this.#members.flatMap((member) => this.#standings.get(member) ?? []);
    const lost = standings.filter(({ refusals }) => refusals >= patience);
    const left = this.#members.length - lost.length;
    const least = Math.min(smallestGroup, this.#members.length);
    if (left >= least) return;
    const all = (texts: readonly (string | undefined)[]) => [...new Set(texts)].join("; ");
    this.#end(
      `${lost.length} of ${this.#members.length} models fail permanently: ${all(lost.map(({ problem }) => problem))}`,
      { expected: `at least ${least} models that answer`, fix: all(lost.map(({ fix }) => fix)) },
    );
  }

  #end(why: string, options?: AgoraErrorOptions): void {
    this.#onStuck(new StuckError(`the run cannot continue: ${why}`, options));
  }
}
