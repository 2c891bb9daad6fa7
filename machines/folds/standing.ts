/**
 * What settled questions have shown of the members: their ratings, and who refuses most often for its tokens.
 *
 * 1. A verifier is known by the solutions that it saw as one of the first: those that come to it later have been
 *    accepted already, and it refuses few of them however strict it is.
 * 2. Who has seen few is taken to be as strict as it may well be, and so comes to see more.
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

/** Two standard deviations above the mean of the share of refusals, by Laplace's rule: at most 1. */
const likelyShare = ({ given, refused }: Refusals): number => {
  const mean = (refused + 1) / (given + 2);
  return Math.min(1, mean + 2 * Math.sqrt((mean * (1 - mean)) / (given + 3)));
};

/** Refusals for a token; the tokens of a verifier not yet heard are those of the mean. */
const yieldOf = (record: Refusals, meanTokens: number): number => {
  const { given, tokens } = record;
  return likelyShare(record) / Math.max(1, given === 0 ? meanTokens : tokens / given);
};

/** Those first that refuse most for their tokens, since one refusal settles a solution; among equals by name. */
export const strictestFirst = (members: readonly string[], known: Strictness): string[] => {
  const records = [...known.values()];
  const given = records.reduce((sum, record) => sum + record.given, 0);
  const meanTokens = records.reduce((sum, { tokens }) => sum + tokens, 0) / Math.max(1, given);
  const rank = (member: string) => yieldOf(known.get(member) ?? noVerdicts, meanTokens);
  return members.toSorted().toSorted((left, right) => rank(right) - rank(left));
};
