/** The state of a run in a few numbers, for the header and the first view. */
import type { Sessions } from "../../machines/folds/sessions.ts";
import type { MessageOf } from "../../runtime/messages.ts";
import type { Fact, SettledFact } from "../record/facts.ts";
import type { Headline as HeadlineView } from "../view.ts";
import { Accuracy } from "./accuracy.ts";
import type { Acts } from "./acts.ts";
import type { Buffer } from "./buffer.ts";
import type { Fold } from "./fold.ts";
import { Result } from "./result.ts";

interface Tally {
  known: number;
  right: number;
  verified: number;
  verifiedRight: number;
}

const share = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);

/** Views that must accept each fact before the headline does. */
interface Others {
  readonly buffer: Buffer;
  readonly sessions: Sessions;
  readonly acts: Acts;
}

export class Headline implements Fold {
  readonly #others: Others;
  readonly #accuracy: Accuracy;
  readonly #result = new Result();
  readonly #startedAt: number;
  /** Those that train. */
  readonly #jobs = new Map<string, MessageOf<"training.requested">>();
  readonly #tally: Tally = { known: 0, right: 0, verified: 0, verifiedRight: 0 };
  /** Generations that have published something, one after another. */
  #updates = 0;
  #newestUpdate = 0;
  #tokens = 0;
  #strategy: HeadlineView["strategy"] = "explore";
  #round: number | undefined;
  #settled = 0;
  #milliseconds = 0;
  #revision = 0;

  constructor(others: Others, startedAt: number, isThinned = false) {
    this.#accuracy = new Accuracy(isThinned);
    this.#others = others;
    this.#startedAt = startedAt;
  }

  get revision(): number {
    return this.#revision + this.#others.buffer.revision + this.#accuracy.revision + this.#result.revision;
  }

  accept(fact: Fact): void {
    this.#accuracy.accept(fact);
    this.#result.accept(fact);
    if (this.#take(fact)) this.#revision += 1;
  }

  view(): HeadlineView {
    const { known, right, verified, verifiedRight } = this.#tally;
    const { buffer, acts } = this.#others;
    return {
      ...optional("round", this.#round),
      ...{ settled: this.#settled, updates: this.#updates, strategy: this.#strategy },
      ...{ components: acts.components, buffer: buffer.view(), training: this.#training() },
      accuracy: this.#accuracy.view(),
      ...optional("precision", share(verifiedRight, verified)),
      ...optional("raw", share(right, known)),
      tokens: this.#tokens,
      seconds: this.#milliseconds / 1000,
      ...optional("measuring", this.#result.measuring()),
      ...(this.#result.isInterrupted ? { isInterrupted: true } : {}),
      ...optional("result", this.#result.view()),
    };
  }

  #take(fact: Fact): boolean {
    switch (fact.type) {
      case "round.opened":
        this.#round = Math.max(this.#round ?? 0, fact.round);
        return true;
      case "strategy.changed":
        this.#strategy = fact.after;
        return true;
      case "question.settled":
        return this.#settle(fact);
      case "training.requested":
        this.#jobs.set(fact.job, fact);
        return true;
      case "adapter.published":
        this.#publish(this.#jobs.get(fact.job)?.generation ?? 0);
        return this.#jobs.delete(fact.job);
      case "adapter.rejected":
      case "training.failed":
        return this.#jobs.delete(fact.job);
      case "call.metered":
        // Not a change by itself: the page would get a headline with every call.
        this.#tokens += fact.promptTokens + fact.completionTokens;
        return false;
      case "run.forked":
        return true;
      case "run.finished":
        this.#milliseconds = Math.max(0, fact.at - this.#startedAt - this.#others.sessions.length);
        return true;
      default:
        return false;
    }
  }

  #training(): string[] {
    return [...new Set(Array.from(this.#jobs.values(), ({ model }) => model))];
  }

  #publish(generation: number): void {
    if (generation <= this.#newestUpdate) return;
    this.#updates += 1;
    this.#newestUpdate = generation;
  }

  #settle({ dossier, marks }: SettledFact): boolean {
    const verified = new Set(dossier.verified);
    for (const { solutionId } of dossier.solutions) {
      const isRight = marks.right[solutionId];
      if (isRight === undefined) continue;
      this.#tally.known += 1;
      this.#tally.right += Number(isRight);
      this.#tally.verified += Number(verified.has(solutionId));
      this.#tally.verifiedRight += Number(isRight && verified.has(solutionId));
    }
    this.#settled += 1;
    return true;
  }
}

const optional = <const K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };
