/** How long each member took for a question, from the times at which messages were sent. */
import type { Message } from "../runtime/messages.ts";
import { type Paces, paceKey, withPace } from "./folds/patience.ts";
import type { Asking } from "./folds/silence.ts";

export interface Timing {
  /** When each answer was first requested [ms since 1970], by kind of work, or by solution id for verdicts. */
  readonly askedAt: Readonly<Record<string, number>>;
  /** Each member's longest time for each kind of work [s]. */
  readonly took: Paces;
}

export const noTiming: Timing = { askedAt: {}, took: {} };

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
const answerIn = (event: Message): Answer | undefined => {
  switch (event.type) {
    case "solution.offered":
      return { member: event.offered.author, kind: "solve", about: "solve" };
    case "verdict.given": {
      const { verifier, verdict, solutionId } = event.given;
      return verdict === "abstain" ? undefined : { member: verifier, kind: "verify", about: solutionId };
    }
    case "ballot.cast":
      if (event.cast.choice === undefined) return undefined;
      return { member: event.cast.voter, kind: "vote", about: "vote" };
    case "explanation.given":
      return { member: event.given.author, kind: "explain", about: "explain" };
    default:
      return undefined;
  }
};

/** The clocks of two computers may differ: a time is at least 0, and patience has a minimum. */
const withAnswer = (timing: Timing, { member, kind, about }: Answer, at: number): Timing => {
  const asked = timing.askedAt[about];
  if (asked === undefined) return timing;
  const took = withPace(timing.took, paceKey(member, kind), Math.max(0, at - asked) / 1000);
  return took === timing.took ? timing : { ...timing, took };
};

export const withTiming = (timing: Timing, event: Message): Timing => {
  const answer = answerIn(event);
  const answered = answer ? withAnswer(timing, answer, event.at) : timing;
  const asked = askedBy(event);
  if (asked === undefined || asked in answered.askedAt) return answered;
  return { ...answered, askedAt: { ...answered.askedAt, [asked]: event.at } };
};
