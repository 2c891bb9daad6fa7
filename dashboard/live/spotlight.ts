/**
 * Chooses the question that the first view tells of in a live run, and collects what is said about it.
 *
 * 1. One question stays until it has ended and for a while after, so that it can be read. The next one is the most
 *    telling of those under way or just ended.
 * 2. Questions under way are collected by reference, at most `maximumTracked` with at most `maximumSolutions` each, so
 *    that a viewer who comes late has one at once.
 */
import { nothingSaid } from "../../machines/folds/dossier.ts";
import type { Ballot, Dossier, Message, MessageOf, Solution, Verdict } from "../../runtime/messages.ts";
import type { Staged } from "../views/scene.ts";
import { weightOfDossier } from "../views/telling.ts";

/** For this long a question stays after its end, and a discarded one [ms]. */
const stay = 9_000;
/** A question that has ended may still be chosen for this long [ms]. */
const fresh = 2_000;
/** A question without news for this long gives way to one with news [ms]. */
const dull = 120_000;
const maximumTracked = 48;
const maximumSolutions = 12;

interface Draft extends Dossier {
  solutions: Solution[];
  verdicts: Verdict[];
  ballots: Ballot[];
}

interface Tracked {
  staged: Staged;
  readonly draft: Draft;
  offered: number;
  /** Time of the newest message about it, and of its end [epoch ms]. */
  newsAt: number;
  endedAt?: number;
}

const begun = ({
  question,
  round,
  author,
  adapter,
  difficulty,
  text,
  group,
  at,
}: MessageOf<"question.posed">) => ({
  ...{ question, round, author, adapter, difficulty, text, group, openedAt: at },
  ...nothingSaid(),
});

export class Spotlight {
  readonly #clock: () => number;
  readonly #tracked = new Map<string, Tracked>();
  #shown: Tracked | undefined;
  #revision = 0;

  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
  }

  /** Increases when the shown question changes or has news. */
  get revision(): number {
    return this.#revision;
  }

  accept(message: Message): void {
    switch (message.type) {
      case "question.posed":
        // What a person asks has its own page.
        if (message.author !== "operator") this.#begin(message);
        break;
      case "solution.offered":
        this.#update(message.question, (tracked) => offer(tracked, message.offered));
        break;
      case "verdict.given":
        this.#update(message.question, ({ draft }) => {
          draft.verdicts.push(...about(draft, message.verdicts));
        });
        break;
      case "ballot.cast":
        this.#update(message.question, ({ draft }) => {
          draft.ballots.push(...message.ballots);
        });
        break;
      case "question.settled":
        this.#settle(message);
        break;
      case "question.voided":
        this.#discard(message.question);
        break;
    }
  }

  /** The shown question; another one is chosen here when its time is over. Undefined if none is under way. */
  staged(): Staged | undefined {
    const now = this.#clock();
    if (this.#shown === undefined || isOver(this.#shown, now)) this.#choose(now);
    return this.#shown?.staged;
  }

  #begin(posed: MessageOf<"question.posed">): void {
    const [oldest] = this.#tracked.keys();
    if (this.#tracked.size >= maximumTracked && oldest !== undefined) this.#tracked.delete(oldest);
    const draft = begun(posed);
    this.#tracked.set(posed.question, { draft, staged: { dossier: draft }, offered: 0, newsAt: posed.at });
  }

  #find(question: string): Tracked | undefined {
    return this.#shown?.draft.question === question ? this.#shown : this.#tracked.get(question);
  }

  #update(question: string, change: (tracked: Tracked) => void): void {
    const tracked = this.#find(question);
    if (tracked === undefined || tracked.endedAt !== undefined) return;
    change(tracked);
    tracked.newsAt = this.#clock();
    tracked.staged = { dossier: tracked.draft, offered: tracked.offered };
    if (tracked === this.#shown) this.#revision += 1;
  }

  #settle({ dossier, admissions, at }: MessageOf<"question.settled">): void {
    const tracked = this.#find(dossier.question);
    if (tracked === undefined) return;
    const seconds = Math.max(0, at - dossier.openedAt) / 1000;
    tracked.staged = { dossier, admissions, seconds };
    tracked.endedAt = this.#clock();
    if (tracked === this.#shown) this.#revision += 1;
  }

  #discard(question: string): void {
    this.#tracked.delete(question);
    if (this.#shown?.draft.question === question) this.#shown = undefined;
  }

  #choose(now: number): void {
    for (const [question, tracked] of this.#tracked)
      if (now - (tracked.endedAt ?? now) > fresh) this.#tracked.delete(question);
    const candidates = [...this.#tracked.values()].filter((tracked) => tracked !== this.#shown);
    const [next] = candidates.toSorted((left, right) => weightOf(right) - weightOf(left));
    if (next === undefined) return;
    this.#tracked.delete(next.draft.question);
    this.#shown = next;
    this.#revision += 1;
  }
}

const isOver = ({ endedAt, newsAt }: Tracked, now: number): boolean =>
  now - (endedAt ?? now) > stay || now - newsAt > dull;

const weightOf = ({ staged: { dossier } }: Tracked): number => weightOfDossier(dossier);

const offer = (tracked: Tracked, offered: Solution): void => {
  tracked.offered += 1;
  if (tracked.draft.solutions.length < maximumSolutions) tracked.draft.solutions.push(offered);
};

/** Without the verdicts on solutions that are not collected. */
const about = ({ solutions }: Draft, verdicts: readonly Verdict[]): readonly Verdict[] =>
  verdicts.filter((verdict) => solutions.some(({ solutionId }) => solutionId === verdict.solutionId));
