/**
 * Texts of the other roles that a job trains on beside its solutions, so that a model that learns to solve does not
 * forget how to judge and to explain. They are the group's own texts, and the group agreed with them:
 *
 * 1. An acceptance of a verified solution.
 * 2. A refusal that is corroborated: no peer accepted the solution, and either another peer refused it too or the
 *    group verified a solution with another answer. One refusal alone decides a solution, so a single one
 *    may be the verifier's mistake.
 * 3. A ballot for the winner of its duel.
 * 4. The winner's explanation of its verified solution.
 *
 * One random text of each kind per question; the newest are kept, twice as many as a generation uses.
 */
import type { Ballot, Dossier, Solution, Verdict } from "../../runtime/messages.ts";
import { pickOne } from "../random.ts";
import type { Settings } from "../settings.ts";
import type { TrainingExample } from "./example.ts";
import { pairId } from "./pairs.ts";
import { beforeVote, remarksOn, shownRemarks } from "./remarks.ts";

export interface Rehearsed {
  readonly id: string;
  readonly round: number;
  /** Who wrote it, with which adapter. */
  readonly author: string;
  readonly adapter: number;
  readonly example: TrainingExample;
}

type Kind = "accept" | "refuse" | "ballot" | "explanation";
/** Newest last. */
export type Rehearsal = Readonly<Record<Kind, readonly Rehearsed[]>>;

export const emptyRehearsal: Rehearsal = { accept: [], refuse: [], ballot: [], explanation: [] };

type Sizes = Pick<Settings, "bufferThreshold" | "rehearsalShare">;

/** Number of rehearsed texts that make up `rehearsalShare` beside a full buffer. */
export const rehearsalSize = ({ bufferThreshold, rehearsalShare }: Sizes): number =>
  Math.round((bufferThreshold * rehearsalShare) / (1 - rehearsalShare));

const solutionIn = ({ solutions }: Dossier, id: string | undefined): Solution | undefined =>
  solutions.find(({ solutionId }) => solutionId === id);

const verifiedIn = ({ solutions, verified }: Dossier): Solution[] => {
  const accepted = new Set(verified);
  return solutions.filter(({ solutionId }) => accepted.has(solutionId));
};

/** Solutions whose refusals are corroborated. Verdicts and answers are looked up: a group may have a thousand. */
const corroboratedIn = (dossier: Dossier): Solution[] => {
  const given = Map.groupBy(dossier.verdicts, ({ solutionId }) => solutionId);
  const answers = new Set(verifiedIn(dossier).map(({ answer }) => answer.trim()));
  return dossier.solutions.filter(({ solutionId, answer }) => {
    const on = given.get(solutionId) ?? [];
    const saying = (verdict: "accept" | "refuse") => on.filter((each) => each.verdict === verdict).length;
    const isContradicted = answers.size > (answers.has(answer.trim()) ? 1 : 0);
    return saying("accept") === 0 && (saying("refuse") > 1 || isContradicted);
  });
};

/** Verdicts that the group agreed with. */
const agreedVerdicts = (dossier: Dossier, kind: "accept" | "refuse"): Verdict[] => {
  const solutions = kind === "accept" ? verifiedIn(dossier) : corroboratedIn(dossier);
  const agreed = new Set(solutions.map(({ solutionId }) => solutionId));
  return dossier.verdicts.filter(
    ({ solutionId, verdict, text }) => verdict === kind && text !== "" && agreed.has(solutionId),
  );
};

const verdictIn = (dossier: Dossier, given: Verdict): Rehearsed[] => {
  const { solutionId, verifier, adapter, text: response } = given;
  const solution = solutionIn(dossier, solutionId);
  if (solution === undefined) return [];
  const { question, text, round } = dossier;
  const example = { role: "verifier", question, text, solution: solution.text, response } as const;
  return [{ id: `verdict:${solutionId}:${verifier}`, round, author: verifier, adapter, example }];
};

/** Ballots for the winners of decided duels, in the order of the duels. */
const agreedBallots = ({ duels, ballots }: Dossier): Ballot[] => {
  const byPair = Map.groupBy(ballots, ({ pair }) => pair);
  return duels.flatMap(({ first, second, outcome }) => {
    if (outcome === "draw") return [];
    const favourite = outcome === "first" ? first : second;
    const isWhole = ({ choice, shownFirst, text }: Ballot): boolean =>
      choice === favourite && text !== "" && (shownFirst === first || shownFirst === second);
    return (byPair.get(pairId(first, second)) ?? []).filter(isWhole);
  });
};

const ballotIn = (dossier: Dossier, cast: Ballot): Rehearsed[] => {
  const { pair, voter, adapter, shownFirst, text: response } = cast;
  const duel = dossier.duels.find(({ first, second }) => pairId(first, second) === pair);
  if (duel === undefined) return [];
  const { first, second } = duel;
  const left = solutionIn(dossier, shownFirst);
  const right = solutionIn(dossier, shownFirst === first ? second : first);
  if (left === undefined || right === undefined) return [];
  const { question, text, round } = dossier;
  const remarks = beforeVote(dossier);
  const shown = {
    ...{ first: left.text, second: right.text },
    ...(remarks.length > 0 ? shownRemarks(remarks, left.solutionId, right.solutionId) : {}),
  };
  const example = { role: "voter", question, text, ...shown, response } as const;
  return [{ id: `ballot:${pair}:${voter}`, round, author: voter, adapter, example }];
};

const explanationsIn = (dossier: Dossier): Rehearsed[] => {
  const { explanation, winner, verified, question, text, round } = dossier;
  const solution = solutionIn(dossier, winner);
  if (!explanation || !solution || explanation.solutionId !== winner || !verified.includes(winner)) return [];
  const { author, adapter, text: response } = explanation;
  const remarks = [undefined, solution.solutionId].map((each) => remarksOn(dossier.remarks ?? [], each));
  const about = { solution: solution.text, remarks: remarks.filter((each) => each !== "").join("\n") };
  const example = { role: "explainer", question, text, ...about, response } as const;
  return response === "" ? [] : [{ id: `explanation:${question}`, round, author, adapter, example }];
};

/** Adds the texts of a settled question. */
export const withSettledTexts = (
  rehearsal: Rehearsal,
  dossier: Dossier,
  settings: Sizes & Pick<Settings, "seed">,
): Rehearsal => {
  const most = 2 * rehearsalSize(settings);
  if (most === 0) return rehearsal;
  const drawn = <T>(kind: Kind, fresh: readonly T[]): T[] => {
    const one = pickOne(fresh, settings.seed, "rehearsal", kind, dossier.question);
    return one === undefined ? [] : [one];
  };
  const verdictDrawn = (kind: "accept" | "refuse") =>
    drawn(kind, agreedVerdicts(dossier, kind)).flatMap((given) => verdictIn(dossier, given));
  const joined = (kind: Kind, fresh: readonly Rehearsed[]): readonly Rehearsed[] =>
    [...rehearsal[kind], ...fresh].slice(-most);
  return {
    accept: joined("accept", verdictDrawn("accept")),
    refuse: joined("refuse", verdictDrawn("refuse")),
    ballot: joined(
      "ballot",
      drawn("ballot", agreedBallots(dossier)).flatMap((cast) => ballotIn(dossier, cast)),
    ),
    explanation: joined("explanation", explanationsIn(dossier)),
  };
};

/** Takes from each list in turn until all are used up. */
const inTurn = <T>(lists: readonly (readonly T[])[]): T[] => {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) =>
    lists.flatMap((list) => list.slice(index, index + 1)),
  ).flat();
};

/** Equally many acceptances and refusals, newest first; if one kind is missing, all of the other. */
const balanced = (accept: readonly Rehearsed[], refuse: readonly Rehearsed[]): Rehearsed[] => {
  const both = Math.min(accept.length, refuse.length);
  const each = both === 0 ? Number.POSITIVE_INFINITY : both;
  return inTurn([accept.slice(0, each), refuse.slice(0, each)]);
};

/** What the next generation rehearses: verdicts, ballots and explanations in equal parts if there are enough. */
export const chosenFrom = (rehearsal: Rehearsal, settings: Sizes): Rehearsed[] => {
  const { accept, refuse, ballot, explanation } = rehearsal;
  const verdicts = balanced(accept.toReversed(), refuse.toReversed());
  return inTurn([verdicts, ballot.toReversed(), explanation.toReversed()]).slice(0, rehearsalSize(settings));
};

/** The texts that a request names. A text that is no longer kept is left out, the same after every restart. */
export const namedIn = (rehearsal: Rehearsal, ids: readonly string[]): Rehearsed[] => {
  const known = new Map(
    Object.values(rehearsal).flatMap((texts) => texts.map((text): [string, Rehearsed] => [text.id, text])),
  );
  return ids.flatMap((id) => known.get(id) ?? []);
};
