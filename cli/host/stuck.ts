/**
 * Ends a run that makes no progress, with the reason: too few members have an endpoint that serves them, all questions
 * are void although endpoints answer, or no endpoint answers for longer than the run waits out an outage. Settled
 * questions are kept, and the run can be resumed when the cause is removed.
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
import type { Model, ModelReply } from "../../runtime/model/model.ts";
import { isAnswered, ModelError, mayPass } from "../../runtime/model/model-error.ts";

/** Permanent refusals in a row after which a model counts as lost. */
const patience = 3;
/** Verification needs an author and another member; a group of one goes on alone. */
const smallestGroup = 2;

const isPermanent = (error: unknown): error is ModelError => error instanceof ModelError && !mayPass(error);

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
  /** Refusals in a row, by model. */
  readonly #refusals = new Map<string, number>();
  readonly #causes = new Map<string, ModelError>();
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
    return models.map((model) => this.#watched(model));
  }

  accept(message: Message): void {
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
    this.#end(reason);
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

  #watched(model: Model): Model {
    const replied = (reply: ModelReply): ModelReply => {
      this.#refusals.delete(model.name);
      this.#replied = true;
      return reply;
    };
    const refused = (error: unknown): never => {
      if (error instanceof ModelError && isAnswered(error)) this.#replied = true;
      if (isPermanent(error)) this.#refused(model.name, error);
      throw error;
    };
    return {
      name: model.name,
      complete: (...given) => model.complete(...given).then(replied, refused),
      loadAdapter: model.loadAdapter.bind(model),
      unloadAdapter: model.unloadAdapter.bind(model),
      ...(model.probe ? { probe: model.probe.bind(model) } : {}),
      ...(model.sleep ? { sleep: model.sleep.bind(model) } : {}),
      ...(model.wake ? { wake: model.wake.bind(model) } : {}),
    };
  }

  #refused(name: string, cause: ModelError): void {
    this.#replied = true;
    this.#refusals.set(name, (this.#refusals.get(name) ?? 0) + 1);
    this.#causes.set(name, cause);
    const lost = this.#members.filter((member) => (this.#refusals.get(member) ?? 0) >= patience);
    const left = this.#members.length - lost.length;
    const least = Math.min(smallestGroup, this.#members.length);
    if (left >= least) return;
    const causes = lost.flatMap((member) => this.#causes.get(member) ?? []);
    const all = (texts: readonly (string | undefined)[]) => [...new Set(texts)].join("; ");
    this.#end(
      `${lost.length} of ${this.#members.length} models fail permanently: ${all(causes.map(({ problem }) => problem))}`,
      { expected: `at least ${least} models that answer`, fix: all(causes.map(({ fix }) => fix)) },
    );
  }

  #end(why: string, options?: AgoraErrorOptions): void {
    this.#options.onStuck(new StuckError(`the run cannot continue: ${why}`, options));
  }
}
