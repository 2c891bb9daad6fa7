/** How long each member took for a question, from the times at which messages were sent. */
import type { Message } from "../runtime/messages.ts";
import { type Paces, paceKey } from "./folds/patience.ts";
import type { Asking } from "./folds/silence.ts";

export interface Timing {
  /** When each answer was first requested [ms since 1970], by kind of work, or by solution id for verdicts. */
  readonly askedAt: ReadonlyMap<string, number>;
  /** Each member's longest time for each kind of work [s]. */
  readonly took: Paces;
}

export const noTiming: Timing = { askedAt: new Map(), took: {} };

interface Answer {
  readonly member: string;
  readonly kind: Asking;
  readonly about: string;
}

const askedBy = (event: Message): string | undefined => {
  switch (event.type) {
    case "question.posed":
      return "solve";
    case "solution.offered":
      return event.offered.solutionId;
    case "ballot.opened":
      return "vote";
    case "winner.elected":
      return "explain";
    default:
      return undefined;
  }
};

/** Abstentions do not count: the time of a failure says nothing about the time of an answer. */
const answersIn = (event: Message): Answer[] => {
  switch (event.type) {
    case "solution.offered":
      return [{ member: event.offered.author, kind: "solve", about: "solve" }];
    case "verdict.given":
      return event.verdicts
        .filter(({ verdict }) => verdict !== "abstain")
        .map(({ verifier, solutionId }) => ({ member: verifier, kind: "verify", about: solutionId }));
    case "ballot.cast": {
      const voters = event.ballots.flatMap(({ voter, choice }) => (choice === undefined ? [] : voter));
      return [...new Set(voters)].map((member) => ({ member, kind: "vote", about: "vote" }));
    }
    case "explanation.given":
      return [{ member: event.given.author, kind: "explain", about: "explain" }];
    default:
      return [];
  }
};

/** When an answer was asked for is known from the first request, or from the last for more verdicts. */
const noteAsked = (askedAt: Map<string, number>, event: Message): void => {
  if (event.type === "verdict.requested") askedAt.set(event.offered.solutionId, event.at);
  const asked = askedBy(event);
  if (asked !== undefined && !askedAt.has(asked)) askedAt.set(asked, event.at);
};

/** The clocks of two computers may differ: a time is at least 0, and patience has a minimum. */
export const withTiming = (timing: Timing, events: readonly Message[]): Timing => {
  const isAsking = events.some((event) => event.type === "verdict.requested" || askedBy(event) !== undefined);
  const askedAt = isAsking ? new Map(timing.askedAt) : (timing.askedAt as Map<string, number>);
  const took = { ...timing.took };
  for (const event of events) {
    for (const { member, kind, about } of answersIn(event)) {
      const asked = askedAt.get(about);
      const key = paceKey(member, kind);
      const seconds = Math.max(0, event.at - (asked ?? event.at)) / 1000;
      if (asked !== undefined && seconds > (took[key] ?? -1)) took[key] = seconds;
    }
    if (isAsking) noteAsked(askedAt, event);
  }
  return { askedAt, took };
};
