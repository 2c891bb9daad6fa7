/**
 * What settled questions have shown of the members: their ratings, and who refuses most often for its tokens.
 *
 * 1. A verifier is known by the solutions that it saw as one of the first: those that come to it later have been
 *    accepted already, and it refuses few of them however strict it is.
 * 2. For each question the strictness of each member is drawn from what its verdicts leave possible (Thompson sampling):
 *    who has seen few comes first at times, and the questions of one round, which all know the same, try several.
 */
import type { Dossier, Message, Rating, Solution, Verdict } from "../../runtime/messages.ts";

/** Of verdicts on solutions that nobody had accepted before. */
interface Refusals {
  readonly given: number;
  readonly refused: number;
  /** Of all its verdicts. */
  readonly tokens: number;
}

export type Strictness = ReadonlyMap<string, Refusals>;

export interface Standing {
  readonly ratings: Readonly<Record<string, Rating>>;
  readonly strictness: Strictness;
}

export const unknownStanding: Standing = { ratings: {}, strictness: new Map() };

const noVerdicts: Refusals = { given: 0, refused: 0, tokens: 0 };

/** What was aborted, failed or never answered says nothing. */
const withVerdict = (known: Map<string, Refusals>, { verifier, verdict, tokens }: Verdict) => {
  if (verdict === "abstain") return known;
  const { given, refused, tokens: spent } = known.get(verifier) ?? noVerdicts;
  const cost = (tokens?.prompt ?? 0) + (tokens?.completion ?? 0);
  const isRefusal = verdict === "refuse";
  return known.set(verifier, {
    given: given + 1,
    refused: refused + Number(isRefusal),
    tokens: spent + cost,
  });
};

/** Those who were asked at once: where the question has named its verifiers, the first of them. */
const firstAsked = ({ group }: Dossier, { verifiers, audited }: Solution, first: number | undefined) =>
  audited || verifiers === undefined ? group : verifiers.slice(0, first);

const withVerdicts = (known: Strictness, dossier: Dossier, first: number | undefined): Strictness => {
  const asked = new Map(
    dossier.solutions.map((solution) => [solution.solutionId, firstAsked(dossier, solution, first)] as const),
  );
  return dossier.verdicts
    .filter(({ solutionId, verifier }) => asked.get(solutionId)?.includes(verifier))
    .reduce(withVerdict, new Map(known));
};

/** `first`: how many verifiers are asked at once; undefined: all. */
export const foldStanding = (known: Standing, event: Message, first?: number): Standing =>
  event.type === "question.settled"
    ? { ratings: event.ratings, strictness: withVerdicts(known.strictness, event.dossier, first) }
    : known;

/** Of all verdicts of a group together. */
const sumOf = (records: readonly Refusals[]): Refusals =>
  records.reduce(
    (sum, { given, refused, tokens }) => ({
      given: sum.given + given,
      refused: sum.refused + refused,
      tokens: sum.tokens + tokens,
    }),
    noVerdicts,
  );

/** How many verdicts what is known of the group weighs, where a member is judged by its own. */
const priorVerdicts = 2;

/**
 * A share of refusals that a member's verdicts leave possible: the mean, with that of the group for verdicts not yet given,
 * and so many standard deviations beside it.
 */
const possibleShare = ({ given, refused }: Refusals, groupShare: number, deviations: number): number => {
  const weight = given + priorVerdicts;
  const mean = (refused + priorVerdicts * groupShare) / weight;
  return Math.max(0, mean + deviations * Math.sqrt((mean * (1 - mean)) / (weight + 1)));
};

/** Tokens of a verdict; those of a verifier not yet heard are the group's. */
const costOf = ({ given, tokens }: Refusals, group: Refusals): number =>
  given > 0 ? Math.max(1, tokens / given) : Math.max(1, group.tokens / Math.max(1, group.given));

/**
 * For one question: those first that refuse most for their tokens, since one refusal settles a solution.
 * @param lot draws a standard normal number for a member
 */
export const strictestFirst = (
  members: readonly string[],
  known: Strictness,
  lot: (member: string) => number,
): string[] => {
  const group = sumOf([...known.values()]);
  const groupShare = (group.refused + 1) / (group.given + 2);
  const ranks = new Map(
    members.map((member) => {
      const record = known.get(member) ?? noVerdicts;
      return [member, possibleShare(record, groupShare, lot(member)) / costOf(record, group)] as const;
    }),
  );
  const rankOf = (member: string): number => ranks.get(member) ?? 0;
  return members.toSorted().toSorted((left, right) => rankOf(right) - rankOf(left));
};
