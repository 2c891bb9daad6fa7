/** How long each member took for a question, from the times at which messages were sent. */
import type { Message } from "../runtime/messages.ts";
import { type Paces, paceKey, withPace } from "./folds/patience.ts";
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

/** The clocks of two computers may differ: a time is at least 0, and patience has a minimum. */
const withAnswer = (timing: Timing, { member, kind, about }: Answer, at: number): Timing => {
  const asked = timing.askedAt.get(about);
  if (asked === undefined) return timing;
  const took = withPace(timing.took, paceKey(member, kind), Math.max(0, at - asked) / 1000);
  return took === timing.took ? timing : { ...timing, took };
};

export const withTiming = (timing: Timing, event: Message): Timing => {
  if (event.type === "verdict.requested") {
    const askedAt = new Map(timing.askedAt).set(event.offered.solutionId, event.at);
    return { ...timing, askedAt };
  }
  const answered = answersIn(event).reduce((kept, answer) => withAnswer(kept, answer, event.at), timing);
  const asked = askedBy(event);
  if (asked === undefined || answered.askedAt.has(asked)) return answered;
  return { ...answered, askedAt: new Map([...answered.askedAt, [asked, event.at]]) };
};
