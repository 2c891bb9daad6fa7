/**
 * Ends a run that cannot get anywhere, with the reason: too few members whose endpoint can serve them, or nothing but
 * void questions. What was settled is kept, and the run can be resumed once the cause is mended.
 */
import { foldProspects, freshProspects, StuckError, stuckReason } from "../../machines/folds/prospects.ts";
import type { Message } from "../../runtime/messages.ts";
import type { Model } from "../../runtime/model/model.ts";
import { ModelError, mayPass } from "../../runtime/model/model-error.ts";

/** Calls in a row that an endpoint refuses for good before its model is given up. */
const patience = 3;
/** A verifier needs somebody else to verify. */
const smallestGroup = 2;

const isForGood = (error: unknown): boolean => error instanceof ModelError && !mayPass(error);

export class StuckWatch {
  readonly #onStuck: (cause: StuckError) => void;
  /** Refusals in a row, by model. */
  readonly #refusals = new Map<string, number>();
  readonly #causes = new Map<string, string>();
  #prospects = freshProspects;
  /** What was heard of the round that is under way. */
  #heard: Message[] = [];
  /** Whether any call was answered in it: a round without is an outage, which may pass. */
  #answered = false;
  #members: readonly string[] = [];

  constructor(onStuck: (cause: StuckError) => void) {
    this.#onStuck = onStuck;
  }

  /** The same models, whose calls are watched. */
  watching(models: readonly Model[]): Model[] {
    this.#members = models.map(({ name }) => name);
    return models.map((model) => this.#watched(model));
  }

  accept(message: Message): void {
    this.#heard.push(message);
    if (message.type === "round.closed") this.#closed();
  }

  #closed(): void {
    const [heard, answered] = [this.#heard, this.#answered];
    [this.#heard, this.#answered] = [[], false];
    if (!answered) return;
    this.#prospects = heard.reduce(foldProspects, this.#prospects);
    const reason = stuckReason(this.#prospects);
    if (reason === undefined) return;
    this.#end(
      `${reason}; expected questions that can be settled. Fix: see a question on the page, or the prompts`,
    );
  }

  #watched(model: Model): Model {
    return {
      name: model.name,
      complete: async (...given) => {
        try {
          const reply = await model.complete(...given);
          this.#refusals.delete(model.name);
          this.#answered = true;
          return reply;
        } catch (error) {
          if (isForGood(error)) this.#refused(model.name, error);
          throw error;
        }
      },
      loadAdapter: model.loadAdapter.bind(model),
      unloadAdapter: model.unloadAdapter.bind(model),
      ...(model.probe ? { probe: model.probe.bind(model) } : {}),
      ...(model.sleep ? { sleep: model.sleep.bind(model) } : {}),
      ...(model.wake ? { wake: model.wake.bind(model) } : {}),
    };
  }

  #refused(name: string, cause: unknown): void {
    this.#refusals.set(name, (this.#refusals.get(name) ?? 0) + 1);
    this.#causes.set(name, cause instanceof Error ? cause.message : String(cause));
    const lost = this.#members.filter((member) => (this.#refusals.get(member) ?? 0) >= patience);
    const left = this.#members.length - lost.length;
    if (left >= smallestGroup) return;
    const causes = new Set(lost.map((member) => this.#causes.get(member)));
    this.#end(
      `${lost.length} of ${this.#members.length} models fail for good, ${smallestGroup} are needed; ${[...causes].join("; ")}`,
    );
  }

  #end(why: string): void {
    this.#onStuck(new StuckError(`the society cannot go on: ${why}`));
  }
}
