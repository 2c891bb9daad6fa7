/** The context of the supervisor, and its rules: the next round, what is measured, when the run ends. */

import type { Draft, Message } from "../runtime/messages.ts";
import { counted } from "./counted.ts";
import { isReleased, settingsIn, type Wanted, wantedOf } from "./folds/control.ts";
import { foldMembership, type Membership, presentIn } from "./folds/membership.ts";
import { StuckError } from "./folds/prospects.ts";
import { foldSociety, hasRoom, type Society, unsettledIn } from "./folds/society.ts";
import type { Switch } from "./folds/strategy.ts";
import { untrained, versionOf } from "./folds/weights.ts";
import { pickOne } from "./random.ts";
import type { Settings } from "./settings.ts";

export interface SupervisorInput {
  readonly settings: Settings;
  readonly records: readonly Message[];
  /** Agents that have to join before the first round. */
  readonly expected: readonly string[];
}

export interface SupervisorContext extends Membership {
  /** As the run was configured. */
  readonly configured: Settings;
  /** The same with the components in force. */
  readonly settings: Settings;
  readonly society: Society;
  /** Members that have not joined yet. */
  readonly expected: readonly string[];
  /** Members that have left, with the reason. */
  readonly gone: Readonly<Record<string, string>>;
  /** Fewest members that play on. */
  readonly smallest: number;
  /** The agent that poses the questions of all rounds in the members' place, if there is one. */
  readonly poser: string | undefined;
  /** Differs after every restart, so that readings are requested again then. */
  readonly epoch: number;
  /** Anchor requests without an answer. */
  readonly requests: readonly string[];
  /** Rounds in play that were opened in this life: those of an earlier one are played by nobody. */
  readonly live: readonly number[];
}

/** Verification needs an author and another member; a group of one plays from the beginning, or not at all. */
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

const withGone = (
  { gone, members, expected }: SupervisorContext,
  event: Message,
): SupervisorContext["gone"] => {
  if (event.type === "agent.joined" && event.agent in gone) {
    const { [event.agent]: _back, ...others } = gone;
    return others;
  }
  const isMember = event.type === "agent.left" && [...members, ...expected].includes(event.agent);
  return isMember ? { ...gone, [event.agent]: event.reason } : gone;
};

const withLive = (live: readonly number[], event: Message): readonly number[] => {
  if (event.type === "round.closed") return live.filter((round) => round !== event.round);
  return event.type === "round.opened" && !live.includes(event.round) ? [...live, event.round] : live;
};

const withPoser = (poser: string | undefined, event: Message): string | undefined => {
  if (event.type === "agent.joined" && event.poses) return event.agent;
  // Who joins again without posing poses no more.
  const isOver = event.type === "agent.joined" || event.type === "agent.left";
  return isOver && event.agent === poser ? undefined : poser;
};

const settingsAfter = ({ configured, settings }: SupervisorContext, event: Message): Settings =>
  event.type === "round.opened" ? settingsIn(configured, event.components ?? {}) : settings;

/** The context after this message: guards run before the context changes. */
export const afterHearing = (context: SupervisorContext, event: Message): SupervisorContext => ({
  ...context,
  ...foldMembership(context, event),
  settings: settingsAfter(context, event),
  expected: withoutArrived(context.expected, event),
  gone: withGone(context, event),
  poser: withPoser(context.poser, event),
  society: foldSociety(context.configured)(context.society, event),
  requests: withoutAnswered(context.requests, event),
  live: withLive(context.live, event),
});

/** The round after those in play. */
const nextRound = ({ society: { rounds, roundsClosed } }: SupervisorContext): number => {
  const newest = rounds.at(-1);
  return newest === undefined ? roundsClosed : newest.round + 1;
};

/** The oldest round of an earlier life that lacks questions: it is opened again for them. */
const orphaned = ({ society, live }: SupervisorContext) =>
  society.rounds.find((round) => !live.includes(round.round) && unsettledIn(round) > 0);

const wantedNext = ({ society, configured }: SupervisorContext): Wanted =>
  wantedOf(society.control, configured);

/** The switch of an operator, which the next round opens with; empty if that strategy is in force. */
const chosenDrafts = (context: SupervisorContext): Draft[] => {
  const { strategy, chosenBy } = wantedNext(context);
  if (strategy === undefined || chosenBy === undefined || strategy === context.society.strategy) return [];
  const { operator, act } = chosenBy;
  const change = { before: context.society.strategy, after: strategy, cause: `set by ${operator}`, act };
  return [{ type: "strategy.changed", round: nextRound(context), ...change }];
};

/** A round, after the change of strategy that an operator wants. */
export const openingDrafts = (context: SupervisorContext): Draft[] => [
  ...chosenDrafts(context),
  openingDraft(context),
];

const openingDraft = (context: SupervisorContext): Draft => {
  const { society, configured } = context;
  const { difficulty, strategy, components, acts } = wantedNext(context);
  const settings = settingsIn(configured, components);
  const again = orphaned(context);
  const round = again?.round ?? nextRound(context);
  const attempt = again ? again.attempt + 1 : 0;
  const members = presentIn(context);
  const member = settings.randomQGen
    ? pickOne(members, settings.seed, "generator", round, attempt)
    : members[0];
  return {
    type: "round.opened",
    ...{ round, attempt, generator: context.poser ?? member ?? "nobody" },
    count: again ? unsettledIn(again) : settings.questionsPerRound,
    difficulty: difficulty ?? again?.difficulty ?? society.difficulty,
    strategy: strategy ?? society.strategy,
    ...(Object.keys(components).length > 0 ? { components } : {}),
    ...(acts.length > 0 ? { acts: [...acts] } : {}),
  };
};

/** Whose untrained weights have neither been read nor are being read. */
const withoutBaseline = (context: SupervisorContext): string[] => {
  const { society, requests, epoch } = context;
  const isAsked = (model: string) =>
    requests.some((request) => request.startsWith("baseline:") && request.endsWith(`:${model}:${epoch}`));
  return presentIn(context).filter(
    (model) => !Object.hasOwn(society.anchors.baselines, model) && !isAsked(model),
  );
};

const requestDraft = (
  { society: { roundsClosed, anchors }, epoch }: SupervisorContext,
  moment: Moment,
  model: string,
): Draft<"anchor.requested"> => {
  const request = {
    type: "anchor.requested",
    request: `${moment}:${roundsClosed}:${model}:${epoch}`,
  } as const;
  // A baseline is what the run begins with, however late it is read.
  return moment === "baseline"
    ? { ...request, round: 0, model, adapter: untrained, purpose: "baseline" }
    : {
        ...request,
        round: roundsClosed,
        model,
        adapter: versionOf(anchors.weights, model),
        purpose: "anchor",
      };
};

/** Readings of the weights in use, unless the run begins, and the baselines that are missing and that these do not give. */
export const anchorDrafts = (context: SupervisorContext, moment: Moment): Draft<"anchor.requested">[] => {
  const members = moment === "baseline" ? [] : presentIn(context);
  const readings = members.map((model) => requestDraft(context, moment, model));
  const isRead = (member: string) =>
    readings.some(({ model, adapter }) => model === member && adapter === untrained);
  const missing = withoutBaseline(context).filter((model) => !isRead(model));
  return [...missing.map((model) => requestDraft(context, "baseline", model)), ...readings];
};

/** The goal that ends the run, in words; undefined while it has none. */
export const finishedBy = ({ society, settings }: SupervisorContext): string | undefined => {
  if (society.roundsClosed >= settings.rounds) return `${counted(settings.rounds, "round")} played`;
  const { updates, tokens } = settings;
  if (tokens !== undefined && society.tokens >= tokens) return `${tokens} tokens spent`;
  if (updates === undefined) return undefined;
  if (settings.lora)
    return society.generations.length >= updates ? `${counted(updates, "update")} made` : undefined;
  const samples = updates * settings.bufferThreshold;
  return society.admitted >= samples
    ? `${samples} samples found, as many as ${updates} updates take`
    : undefined;
};

export const isDeserted = (context: SupervisorContext): boolean =>
  presentIn(context).length < context.smallest;

/** Unlike absent members, those that have left are not waited for. */
export const hasTooFew = ({ members, smallest }: SupervisorContext): boolean => members.length < smallest;

const answer = (count: number): string => (count === 1 ? "answers" : "answer");

/** Too few members answer: the run can be resumed when they do. */
export const desertion = (context: SupervisorContext): StuckError => {
  const { expected, gone, away, smallest } = context;
  const late = Object.fromEntries(expected.map((member) => [member, "has not joined"]));
  const causes = Object.entries({ ...late, ...gone, ...away }).map(
    ([member, cause]) => `${member}: ${cause}`,
  );
  const present = presentIn(context).length;
  const all = present + causes.length;
  return new StuckError(`only ${present} of ${counted(all, "member")} ${answer(all)}: ${causes.join("; ")}`, {
    expected: `at least ${smallest} that ${answer(smallest)}`,
    fix: "remove the causes, then resume the run",
  });
};

/** Whether questions of this life are under way. */
export const isInPlay = ({ society, live }: SupervisorContext): boolean =>
  society.rounds.some(({ round }) => live.includes(round));

/** The next round is played with the adapters of the one before. */
export const awaitsJobs = ({ society, settings }: SupervisorContext): boolean =>
  settings.trainAfter === "round" && society.jobs.length > 0;

/** What a group of one lacks, said once at its beginning; undefined for others. */
export const lonelyDraft = ({ members, poser, settings }: SupervisorContext): Draft | undefined => {
  if (members.length !== 1 || poser !== undefined) return undefined;
  const consequence = settings.validVote
    ? "no solution is verified, so none becomes an example or a training sample"
    : "validVote is off, so every solution counts unexamined";
  const cause = `${members[0]} has no peers: nobody verifies or votes; ${consequence}. Add a model, or an agent type that poses (docs/plugins.md)`;
  return { type: "agent.failed", agent: "supervisor", where: "a group of one", cause };
};

/** Only an operator keeps the next round from opening. */
export const isPaused = (context: SupervisorContext): boolean =>
  !isInPlay(context) && !isReleased(context.society.control);

/** A round is missing that there are members and room for. A finished run opens none, and plays out those in play. */
export const mayOpen = (context: SupervisorContext): boolean => {
  const { society, settings } = context;
  if (!isReleased(society.control)) return false;
  if (isDeserted(context) || finishedBy(context) !== undefined || awaitsJobs(context)) return false;
  if (orphaned(context) !== undefined) return true;
  return nextRound(context) < settings.rounds && hasRoom(society, settings);
};

export const changedDraft = ({ strategy }: Society, round: number, change: Switch): Draft => ({
  type: "strategy.changed",
  ...{ round, before: strategy, after: change.strategy, cause: change.cause },
  ...(change.expected ? { expected: change.expected } : {}),
});

export type Moment = "baseline" | "anchor" | "final";

/** Baselines are measured at the beginning, the anchor every n rounds, except after the last one. */
export const isDue = (context: SupervisorContext, moment: Moment): boolean => {
  const { society, settings } = context;
  if (!settings.externalAnchor) return false;
  if (moment !== "anchor") return true;
  return society.roundsClosed % settings.anchorEvery === 0 && finishedBy(context) === undefined;
};
