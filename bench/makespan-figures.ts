/** Times of rounds against the least time they could take. */
import type { Dossier, Message, MessageOf, Tokens } from "../runtime/messages.ts";
import {
  type LatencyProfile,
  type ServingCounts,
  unloadedSeconds,
} from "../runtime/model/serving.fixture.ts";
import type { Served } from "./makespan-society.ts";
import { medianLengths } from "./reply-lengths.ts";

type Profiles = Readonly<Record<string, LatencyProfile>>;

/** What the servers had done at some time [s]. */
export interface Mark {
  readonly at: number;
  readonly counts: Readonly<Record<string, ServingCounts>>;
}

export interface RoundFigures {
  readonly round: number;
  /** From opening to closing [s]. */
  readonly seconds: number;
  /** From the closing of the round before to its own [s]. */
  readonly interval: number;
  /** What each model did in the interval, as time of a full batch over its slots [s]. */
  readonly work: Readonly<Record<string, number>>;
  /** The longest question of the round on idle servers [s]. */
  readonly criticalPath: number;
  /** Whether a job trained, or an adapter came into force, in the interval. */
  readonly training: boolean;
  /** How old its feedback was [rounds, adapter versions]. */
  readonly staleness: { readonly rounds: number; readonly adapters: number };
}

export interface WholeFigures {
  /** From the opening of the first round to the closing of the last [s]. */
  readonly seconds: number;
  /** Least time for the work in it [s]. */
  readonly bound: number;
  /** Share of each model's slots that were taken. */
  readonly occupancy: Readonly<Record<string, number>>;
}

const markOf = (at: number, models: readonly Served[]): Mark => ({
  at,
  counts: Object.fromEntries(models.map(({ name, server }) => [name, server.serving.counts()])),
});

const longest = (seconds: readonly number[]): number => Math.max(0, ...seconds);

/** A question's longest chain of calls, each on an idle server: pose, solve, verify, vote, explain [s]. */
const pathOf = (dossier: Dossier, profiles: Profiles): number => {
  const time = (model: string, tokens: Tokens | undefined): number => {
    const profile = profiles[model];
    return profile === undefined || tokens === undefined
      ? 0
      : unloadedSeconds(profile, tokens.prompt, tokens.completion);
  };
  const checked = dossier.solutions.map(
    ({ solutionId, author, tokens }) =>
      time(author, tokens) +
      longest(
        dossier.verdicts
          .filter((verdict) => verdict.solutionId === solutionId)
          .map((verdict) => time(verdict.verifier, verdict.tokens)),
      ),
  );
  const votes = dossier.ballots.map(({ voter, tokens }) => time(voter, tokens));
  const { explanation } = dossier;
  const explaining = explanation ? time(explanation.author, explanation.tokens) : 0;
  const posing = time(dossier.author, { prompt: 0, completion: medianLengths.generator });
  return posing + longest(checked) + longest(votes) + explaining;
};

/** Slot-seconds between two marks over the slots, by model [s]. */
const slotTime = (
  figure: "workSlotSeconds" | "busySlotSeconds",
  from: Mark,
  to: Mark,
  profiles: Profiles,
): Record<string, number> =>
  Object.fromEntries(
    Object.entries(to.counts).map(([name, counts]) => [
      name,
      (counts[figure] - (from.counts[name]?.[figure] ?? 0)) / (profiles[name]?.slots ?? 1),
    ]),
  );

/** Follows a run's messages; `now` [s] and the servers' counts are taken as they are heard. */
export class Timeline {
  readonly #profiles: Profiles;
  readonly #models: readonly Served[];
  readonly #now: () => number;
  readonly #opened = new Map<number, number>();
  readonly #paths = new Map<number, number>();
  readonly #jobs = new Set<string>();
  readonly #rounds: RoundFigures[] = [];
  /** Whether a job was under way since the last closing. */
  #trained = false;
  #first: Mark | undefined;
  #last: Mark;

  constructor(models: readonly Served[], now: () => number) {
    this.#models = models;
    this.#now = now;
    this.#profiles = Object.fromEntries(models.map(({ name, profile }) => [name, profile]));
    this.#last = markOf(now(), models);
  }

  get rounds(): readonly RoundFigures[] {
    return this.#rounds;
  }

  whole(): WholeFigures {
    const [from, to] = [this.#first ?? this.#last, this.#last];
    const seconds = to.at - from.at;
    const work = slotTime("workSlotSeconds", from, to, this.#profiles);
    const busy = slotTime("busySlotSeconds", from, to, this.#profiles);
    return {
      seconds,
      bound: longest(Object.values(work)),
      occupancy: Object.fromEntries(Object.entries(busy).map(([name, time]) => [name, time / seconds])),
    };
  }

  accept(message: Message): void {
    switch (message.type) {
      case "round.opened":
        this.#open(message.round);
        break;
      case "question.settled": {
        const { dossier } = message;
        const path = pathOf(dossier, this.#profiles);
        this.#paths.set(dossier.round, Math.max(path, this.#paths.get(dossier.round) ?? 0));
        break;
      }
      case "training.requested":
        this.#jobs.add(message.job);
        this.#trained = true;
        break;
      case "training.failed":
      case "adapter.rejected":
      case "adapter.published":
        this.#jobs.delete(message.job);
        break;
      case "round.closed":
        this.#close(message);
    }
  }

  #open(round: number): void {
    const mark = markOf(this.#now(), this.#models);
    if (this.#first === undefined) [this.#first, this.#last] = [mark, mark];
    if (!this.#opened.has(round)) this.#opened.set(round, mark.at);
  }

  #close({ round, staleness = { rounds: 0, adapters: 0 } }: MessageOf<"round.closed">): void {
    const mark = markOf(this.#now(), this.#models);
    this.#rounds.push({
      round,
      seconds: mark.at - (this.#opened.get(round) ?? mark.at),
      interval: mark.at - this.#last.at,
      work: slotTime("workSlotSeconds", this.#last, mark, this.#profiles),
      criticalPath: this.#paths.get(round) ?? 0,
      training: this.#trained || this.#jobs.size > 0,
      staleness,
    });
    this.#trained = this.#jobs.size > 0;
    this.#last = mark;
  }
}

/** No interval can be shorter: the busiest model's work; nor a round that stands alone shorter than its longest question. */
export const boundOf = ({ work, criticalPath }: RoundFigures): number =>
  Math.max(longest(Object.values(work)), criticalPath);

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
};
