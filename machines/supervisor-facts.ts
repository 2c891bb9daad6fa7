/** The context of the supervisor, and its rules: the next round, what is measured, when the run ends. */
import type { Draft, Message } from "../runtime/messages.ts";
import { foldMembership, type Membership, presentIn } from "./folds/membership.ts";
import { foldSociety, isPlayedOut, type Society } from "./folds/society.ts";
import type { Switch } from "./folds/strategy.ts";
import { versionOf } from "./folds/weights.ts";
import { pickOne } from "./random.ts";
import type { Settings } from "./settings.ts";

export interface SupervisorInput {
  readonly settings: Settings;
  readonly records: readonly Message[];
  /** Agents that have to join before the first round. */
  readonly expected: readonly string[];
}

export interface SupervisorContext extends Membership {
  readonly settings: Settings;
  readonly society: Society;
  /** Agents that have not joined yet. */
  readonly expected: readonly string[];
  /** Differs after every restart, so that readings are requested again then. */
  readonly epoch: number;
  /** Anchor requests without an answer. */
  readonly requests: readonly string[];
  /** Why the next round cannot be opened. */
  readonly obstacle: Obstacle | undefined;
}

/** The open round has all its outcomes, the run has all its rounds, or too few members are present. */
export type Obstacle = "played out" | "finished" | "deserted";

/** Verification needs an author and another member. */
export const smallestGroup = 2;
/** Phases of a round (posing, solving, verifying, voting, explaining) and one to spare; each has a deadline. */
export const phases = 6;

const withoutArrived = (expected: readonly string[], event: Message): readonly string[] =>
  event.type === "agent.joined" || event.type === "agent.left"
    ? expected.filter((agent) => agent !== event.agent)
    : expected;

export const withoutAnswered = (requests: readonly string[], event: Message): readonly string[] =>
  event.type === "anchor.measured" || event.type === "anchor.missed"
    ? requests.filter((request) => request !== event.request)
    : requests;

/** The context after this message: guards run before the context changes. */
export const afterHearing = (context: SupervisorContext, event: Message): SupervisorContext => ({
  ...context,
  ...foldMembership(context, event),
  expected: withoutArrived(context.expected, event),
  society: foldSociety(context.settings)(context.society, event),
  requests: withoutAnswered(context.requests, event),
});

const nextRound = ({ society }: SupervisorContext) => society.round?.round ?? society.roundsClosed;

export const openingDraft = (context: SupervisorContext): Draft => {
  const { society, settings } = context;
  const { round } = society;
  const index = nextRound(context);
  const members = presentIn(context);
  const attempt = round === undefined ? 0 : round.attempt + 1;
  const generator = settings.randomQGen
    ? pickOne(members, settings.seed, "generator", index, attempt)
    : members[0];
  return {
    type: "round.opened",
    round: index,
    attempt,
    generator: generator ?? "nobody",
    difficulty: round?.difficulty ?? society.difficulty,
    count: round === undefined ? settings.questionsPerRound : round.count - round.settled - round.voided,
    strategy: society.strategy,
  };
};

export const anchorDrafts = (context: SupervisorContext, moment: Moment): Draft<"anchor.requested">[] =>
  presentIn(context).map((model) => ({
    type: "anchor.requested",
    request: `${moment}:${nextRound(context)}:${model}:${context.epoch}`,
    round: nextRound(context),
    model,
    adapter: versionOf(context.society.anchors.weights, model),
    purpose: moment === "baseline" ? "baseline" : "anchor",
  }));

export const finishedBy = ({ society, settings, members }: SupervisorContext): string | undefined => {
  if (members.length < smallestGroup)
    return `only ${members.length} members left, ${smallestGroup} are needed`;
  if (society.roundsClosed >= settings.rounds) return `${settings.rounds} rounds played`;
  const { updates } = settings;
  if (updates === undefined) return undefined;
  if (settings.lora) return society.generations.length >= updates ? `${updates} updates made` : undefined;
  const samples = updates * settings.bufferThreshold;
  return society.admitted >= samples
    ? `${samples} samples found, as many as ${updates} updates take`
    : undefined;
};

export const isDeserted = (context: SupervisorContext): boolean => presentIn(context).length < smallestGroup;

/** Decisions rest on recorded messages only: a finished round is closed first. */
export const obstacleOf = (context: SupervisorContext): Obstacle | undefined => {
  if (isPlayedOut(context.society)) return "played out";
  if (finishedBy(context) !== undefined) return "finished";
  return isDeserted(context) ? "deserted" : undefined;
};

export const changedDraft = ({ strategy }: Society, round: number, change: Switch): Draft => ({
  type: "strategy.changed",
  ...{ round, before: strategy, after: change.strategy, cause: change.cause },
  ...(change.expected ? { expected: change.expected } : {}),
});

export type Moment = "baseline" | "anchor" | "final";

/** Baselines are measured once in a run, the anchor every n rounds, except after the last one. */
export const isDue = (context: SupervisorContext, moment: Moment): boolean => {
  const { society, settings } = context;
  if (!settings.externalAnchor) return false;
  if (moment === "baseline") return Object.keys(society.anchors.baselines).length === 0;
  if (moment === "final") return true;
  return society.roundsClosed % settings.anchorEvery === 0 && finishedBy(context) === undefined;
};
