/** The context of a question, how messages change it, and the rules of its phases. */
import type { Dossier, MessageOf, Rating, Solution } from "../runtime/messages.ts";
import {
  haveAccepted,
  isUnanimous,
  nothingSaid,
  withAbsent,
  withBallots,
  withSolution,
  withVerdicts,
  withWithheld,
} from "./folds/dossier.ts";
import { latest } from "./folds/latest.ts";
import { scheduledPairs } from "./folds/pairs.ts";
import { consentsNeeded, firstVerifiersOf, isAudited, verifiersOf, votersOf } from "./folds/panel.ts";
import { type Paces, paceKey, patienceOf, withPace } from "./folds/patience.ts";
import { withRemark } from "./folds/remarks.ts";
import { type Asking, askedIn, silentIn, winningAuthor, withoutMember } from "./folds/silence.ts";
import { type Heard, heardOf, messagesIn } from "./heard.ts";
import { requestedDrafts } from "./question-drafts.ts";
import type { Settings } from "./settings.ts";
import { type Timing, withTiming } from "./timing.ts";

export interface QuestionInput {
  readonly question: string;
  readonly round: number;
  readonly author: string;
  readonly adapter: number;
  readonly difficulty: number;
  readonly topic?: string;
  readonly text: string;
  readonly group: readonly string[];
  readonly settings: Settings;
  readonly openedAt: number;
  /** Known times of each member. */
  readonly paces: Paces;
  /** Agents that remark before the vote, members or not. Default: none. */
  readonly remarkers?: readonly string[];
  /** Agents beside the group whose consent every solution needs. Default: none. */
  readonly judges?: readonly string[];
  /** What is known of the members' skill: it decides on the pairs, where not all are voted on. */
  readonly ratings?: Readonly<Record<string, Rating>>;
  /** Why the question must not be asked: malformed, duplicate or contaminated. */
  readonly flaw?: string;
  /** An operator asks it: it ends as an answer, and belongs to no round's count. Default: false. */
  readonly asked?: boolean;
}

export interface QuestionContext {
  readonly dossier: Dossier;
  readonly settings: Settings;
  readonly flaw: string | undefined;
  readonly asked: boolean;
  /** Members that left or lapsed: the question does not wait for them, also in later phases. */
  readonly gone: readonly string[];
  /** Agents that may still remark before the vote. */
  readonly remarkers: readonly string[];
  readonly paces: Paces;
  readonly ratings: Readonly<Record<string, Rating>>;
  readonly timing: Timing;
  /** Members that the running patience was started for. */
  readonly awaited: { readonly asking: Asking | undefined; readonly members: readonly string[] };
}

export const emptyDossier = ({
  group,
  settings: _settings,
  flaw: _flaw,
  asked: _asked,
  paces: _paces,
  remarkers: _remarkers,
  ratings: _ratings,
  judges = [],
  ...posed
}: QuestionInput): Dossier => ({
  ...posed,
  group: [...group],
  ...(judges.length > 0 ? { judges: [...judges] } : {}),
  ...nothingSaid(),
});

const withJudges = ({ judges = [] }: Dossier, verifiers: readonly string[]): string[] => [
  ...verifiers,
  ...judges,
];

/** The question decides itself who verifies a solution and whether it is audited, whatever its author says of it. */
const asked = (dossier: Dossier, offered: Solution, settings: Settings): Solution => {
  const { verifiers: _claimed, audited: _alleged, ...own } = offered;
  const isPanel = settings.verifiers !== undefined || settings.firstVerifiers !== undefined;
  if (!isPanel) return own;
  const audit = isAudited(dossier, own, settings) ? { audited: true } : {};
  return { ...own, ...audit, verifiers: withJudges(dossier, firstVerifiersOf(dossier, own, settings)) };
};

/**
 * Solutions whose first verifiers, as far as they are there, have all accepted: now the whole panel is asked. Without the
 * validity vote nobody is.
 */
const withPanelsAsked = (dossier: Dossier, settings: Settings): Dossier => {
  if (settings.firstVerifiers === undefined || !settings.validVote) return dossier;
  const asked = dossier.solutions.map((solution): Solution => {
    const needed = consentsNeeded(dossier, solution, settings) + (dossier.judges?.length ?? 0);
    const isWhole = (solution.verifiers?.length ?? needed) >= needed;
    if (isWhole || !haveAccepted(dossier, solution)) return solution;
    return { ...solution, verifiers: withJudges(dossier, verifiersOf(dossier, solution, settings)) };
  });
  const isWider = asked.some((solution, place) => solution !== dossier.solutions[place]);
  return isWider ? { ...dossier, solutions: asked } : dossier;
};

const fold = (dossier: Dossier, event: Heard, settings: Settings): Dossier => {
  switch (event.type) {
    case "solution.offered":
      return heardOf(event, "solution.offered").reduce(
        (kept, { offered }) => withSolution(kept, asked(kept, offered, settings)),
        dossier,
      );
    case "solution.withheld":
      return heardOf(event, "solution.withheld").reduce(
        (kept, { author, cause, taught }) => withWithheld(kept, author, cause, taught),
        dossier,
      );
    case "verdict.given": {
      const given = heardOf(event, "verdict.given").flatMap(({ verdicts }) => verdicts);
      return withVerdicts(dossier, given);
    }
    case "ballot.cast": {
      const cast = heardOf(event, "ballot.cast").flatMap(({ ballots }) => ballots);
      return withBallots(dossier, cast);
    }
    case "agent.lapsed":
      return heardOf(event, "agent.lapsed").reduce((kept, { agent }) => withAbsent(kept, agent), dossier);
    default:
      return dossier;
  }
};

type Leaving = MessageOf<"agent.left" | "agent.lapsed">;

const leavingsIn = (event: Heard): readonly Leaving[] => [
  ...heardOf(event, "agent.left"),
  ...heardOf(event, "agent.lapsed"),
];

type Listened = Pick<QuestionContext, "dossier" | "gone" | "timing">;

/** Adds the messages to the dossier, and the abstentions of members that are gone. */
export const listened = latest((context: QuestionContext, event: Heard): Listened => {
  const { timing, gone: before, settings } = context;
  const gone = [...new Set([...before, ...leavingsIn(event).map(({ agent }) => agent)])];
  const dossier = fold(context.dossier, event, settings);
  return {
    gone,
    dossier: gone.reduce(withoutMember, withPanelsAsked(dossier, settings)),
    timing: withTiming(timing, messagesIn(event)),
  };
});

/** Who has said that there is, or will be, no more to wait for while the winner explains itself. */
const explainersIn = (event: Heard): readonly string[] => [
  ...heardOf(event, "explanation.given").map(({ given }) => given.author),
  ...heardOf(event, "explanation.withheld").map(({ author }) => author),
  ...leavingsIn(event).map(({ agent }) => agent),
];

/** The winner has explained itself, cannot, or is gone. */
export const isByWinner = ({ dossier }: QuestionContext, event: Heard): boolean => {
  const winner = winningAuthor(dossier);
  return winner !== undefined && explainersIn(event).includes(winner);
};

export const withExplanation = (dossier: Dossier, event: Heard): Dossier => {
  const winner = winningAuthor(dossier);
  const [said] = heardOf(event, "explanation.given").filter(({ given }) => given.author === winner);
  return said === undefined ? dossier : { ...dossier, explanation: said.given };
};

export const withRemarksIn = (dossier: Dossier, event: Heard, isLate: boolean): Dossier =>
  heardOf(event, "remark.made").reduce((kept, made) => withRemark(kept, made, isLate), dossier);

export const awaitedPatience = ({
  awaited: { asking = "solve", members },
  paces,
  settings,
}: QuestionContext): number => patienceOf(paces, asking, members, settings);

/** Members that would still have to answer after this message: guards run before the context changes. */
export const silentAfter = (context: QuestionContext, event: Heard, asking: Asking): readonly string[] =>
  silentIn(listened(context, event).dossier, asking);

export const isMost = (dossier: Dossier, silent: readonly string[], asking: Asking): boolean =>
  silent.length > 0 && silent.length * 2 <= askedIn(dossier, asking).length;

/** Whether fewer members are missing than when the running patience started; true if none runs. */
export const isFewer = ({ awaited }: QuestionContext, silent: readonly string[], asking: Asking): boolean =>
  awaited.asking !== asking || silent.length < awaited.members.length;

export const isContested = ({ dossier, settings }: QuestionContext): boolean =>
  settings.qualityVote && dossier.verified.length > 1;

/** Explanations are used in the elite history only: without it none is requested. */
export const mustExplain = ({ dossier, settings, gone }: QuestionContext): boolean => {
  const winner = winningAuthor(dossier);
  return settings.explanation && settings.eliteIcl && winner !== undefined && !gone.includes(winner);
};

/** The solutions that the verdicts so far verify. */
export const consensusOf = ({ dossier, settings }: QuestionContext): Solution[] =>
  settings.validVote
    ? dossier.solutions.filter((solution) => isUnanimous(dossier, solution))
    : dossier.solutions;

export const awaitedRemarkers = ({
  remarkers,
  gone,
}: Pick<QuestionContext, "remarkers" | "gone">): string[] =>
  remarkers.filter((remarker) => !gone.includes(remarker));

export const withoutFinished = (remarkers: readonly string[], event: Heard): readonly string[] => {
  const finished = heardOf(event, "remarks.finished").map(({ from }) => from);
  return finished.length === 0 ? remarkers : remarkers.filter((remarker) => !finished.includes(remarker));
};

/** Whether there are remarkers, and a solution to remark on. */
export const mayBeRemarkedOn = (context: QuestionContext): boolean =>
  context.dossier.verified.length > 0 && awaitedRemarkers(context).length > 0;

/** A member that the question stopped waiting for counts with the time waited. */
export const outwaitedTiming = (
  context: QuestionContext,
  asking: Asking,
  members: readonly string[],
): Timing => {
  const { timing } = context;
  const keys = members.map((member) => paceKey(member, asking));
  const took = keys.reduce((paces, key) => withPace(paces, key, awaitedPatience(context)), timing.took);
  return { ...timing, took };
};

/** Who votes on what, where it is not the whole group on every pair: voters are drawn from those who are there. */
export const withBallotPlanned = (
  dossier: Dossier,
  { settings, ratings, gone }: QuestionContext,
): Dossier => {
  const { question, group } = dossier;
  const there = { question, group: group.filter((member) => !gone.includes(member)) };
  return {
    ...dossier,
    ...(settings.voters === undefined ? {} : { voters: votersOf(there, settings) }),
    ...(settings.duels === undefined ? {} : { pairs: scheduledPairs(dossier, ratings, settings.duels) }),
  };
};

/** Some solution has passed its first verifiers: those who are asked now have all their time before them. */
export const asksMore = (context: QuestionContext, event: Heard): boolean =>
  requestedDrafts(context.dossier, listened(context, event).dossier, context.settings).length > 0;
