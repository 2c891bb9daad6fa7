/** The messages about one question as steps: who told whom what, and when. */
import type { Dossier, Verdict } from "../../../../runtime/messages.ts";
import type { QuestionView } from "../../../view.ts";

type Told = NonNullable<QuestionView["told"]>[number];

export interface Step {
  /** Time since the question was posed [s]; undefined where the run's feed has no times. */
  readonly seconds?: number;
  readonly type: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** The lane of the agent that leads the question. */
export const questionLane = "question";
/** The lane of the agent that rates it. */
export const refereeLane = "referee";

const authorOf = ({ solutions }: Dossier, id: string): string =>
  solutions.find(({ solutionId }) => solutionId === id)?.author ?? id;

const verifiersOf = ({ solutions, group }: Dossier, id: string): readonly string[] => {
  const solution = solutions.find(({ solutionId }) => solutionId === id);
  return solution?.verifiers ?? group.filter((name) => name !== solution?.author);
};

const signs: Readonly<Record<Verdict["verdict"], string>> = { accept: "✓", refuse: "✗", abstain: "?" };

const verdictText = (dossier: Dossier, from: string, about: readonly string[]): string =>
  about
    .map((id) => {
      const given = dossier.verdicts.find(
        ({ solutionId, verifier }) => solutionId === id && verifier === from,
      );
      return `${signs[given?.verdict ?? "abstain"]} ${authorOf(dossier, id)}`;
    })
    .join(", ");

const choicesOf = ({ ballots, ...dossier }: Dossier, from: string): string => {
  const own = ballots.filter(({ voter }) => voter === from);
  const chosen = own.map(({ choice }) =>
    choice === undefined ? "none" : authorOf({ ballots, ...dossier }, choice),
  );
  return `votes ${[...new Set(chosen)].join(", ")}`;
};

const answerOf = ({ solutions }: Dossier, id: string): string => {
  const answer = solutions.find(({ solutionId }) => solutionId === id)?.answer ?? "";
  return answer.length > 14 ? `${answer.slice(0, 13)}…` : answer;
};

type Telling = (dossier: Dossier, told: Told) => Pick<Step, "to" | "text">;

const toQuestion = (text: string): Pick<Step, "to" | "text"> => ({ to: [questionLane], text });

const tellings: Readonly<Record<string, Telling>> = {
  "question.posed": ({ group }) => ({ to: group, text: "poses the question" }),
  "solution.offered": (dossier, { about: [id = ""] }) => ({
    to: [questionLane, ...verifiersOf(dossier, id)],
    text: `answers ${answerOf(dossier, id)}`,
  }),
  "solution.withheld": () => toQuestion("has no solution"),
  "verdict.requested": (dossier, { about: [id = ""] }) => ({
    to: dossier.group.filter((name) => name !== authorOf(dossier, id)),
    text: `asks more to verify ${authorOf(dossier, id)}`,
  }),
  "verdict.given": (dossier, { from, about }) => toQuestion(verdictText(dossier, from, about)),
  "remarks.invited": ({ remarks = [] }) => ({
    to: [...new Set(remarks.map(({ author }) => author))],
    text: "invites remarks",
  }),
  "remark.made": () => toQuestion("remarks"),
  "remarks.finished": () => toQuestion("has no more remarks"),
  "ballot.opened": ({ voters, group }) => ({ to: voters ?? group, text: "opens the vote" }),
  "ballot.cast": (dossier, { from }) => toQuestion(choicesOf(dossier, from)),
  "winner.elected": (dossier, { about: [id = ""] }) => ({
    to: [authorOf(dossier, id)],
    text: "asks the winner to explain",
  }),
  "explanation.given": () => toQuestion("explains"),
  "explanation.withheld": () => toQuestion("does not explain"),
  "question.closed": () => ({ to: [refereeLane], text: "closes" }),
  "question.abandoned": () => ({ to: [refereeLane], text: "is run by nobody any more" }),
  "question.settled": ({ group }) => ({ to: [questionLane, ...group], text: "settles and rates" }),
  "question.voided": () => toQuestion("is void"),
};

/** The order that a dossier has: complete within a kind of message, without times. */
const toldIn = (dossier: Dossier): Told[] => {
  const { solutions, withheld, verdicts, remarks = [], ballots, winner, explanation } = dossier;
  const by = (type: string, from: string, about: readonly string[] = []): Told => ({
    at: Number.NaN,
    type,
    from,
    about,
  });
  const leads = (type: string, about: readonly string[] = []): Told => by(type, questionLane, about);
  const voters = [...new Set(ballots.map(({ voter }) => voter))];
  return [
    leads("question.posed"),
    ...solutions.map(({ author, solutionId }) => by("solution.offered", author, [solutionId])),
    ...withheld.map(({ author }) => by("solution.withheld", author)),
    ...verdicts.map(({ verifier, solutionId }) => by("verdict.given", verifier, [solutionId])),
    ...remarks.map(({ author }) => by("remark.made", author)),
    ...(voters.length > 0 ? [leads("ballot.opened")] : []),
    ...voters.map((voter) => by("ballot.cast", voter)),
    ...(winner !== undefined && explanation ? [leads("winner.elected", [winner])] : []),
    ...(explanation ? [by("explanation.given", explanation.author)] : []),
    leads("question.closed"),
    by("question.settled", refereeLane),
  ];
};

/** The agents that lead the question and rate it have lanes of their own, whatever their names. */
const laneOf = ({ type, from }: Told, leader: string | undefined): string => {
  if (from === leader) return questionLane;
  return type === "question.settled" ? refereeLane : from;
};

/** Empty for a void question, which has no dossier. */
export const stepsOf = ({ dossier, told }: Pick<QuestionView, "dossier" | "told">): Step[] => {
  if (dossier === undefined) return [];
  const messages = told !== undefined && told.length > 0 ? told : toldIn(dossier);
  const leader = messages.find(({ type }) => type === "question.posed")?.from;
  const start = messages[0]?.at ?? Number.NaN;
  return messages.flatMap((message) => {
    const telling = tellings[message.type];
    if (telling === undefined) return [];
    const from = laneOf(message, leader);
    const { to, text } = telling(dossier, { ...message, from });
    const seconds = (message.at - start) / 1000;
    return {
      ...(Number.isFinite(seconds) ? { seconds } : {}),
      type: message.type,
      from,
      to: to.filter((name) => name !== from),
      text,
    };
  });
};
