/** What settled questions have shown of the members: their ratings, and who refuses most often for its tokens. */
import type { Dossier, Message, Rating, Verdict } from "../../runtime/messages.ts";

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

const withVerdicts = (known: Strictness, { verdicts }: Dossier): Strictness =>
  verdicts.reduce(withVerdict, new Map(known));

export const foldStanding = (known: Standing, event: Message): Standing =>
  event.type === "question.settled"
    ? { ratings: event.ratings, strictness: withVerdicts(known.strictness, event.dossier) }
    : known;

/** Refusals for a token, by Laplace's rule; the tokens of a verifier not yet heard are those of the mean. */
const yieldOf = (record: Refusals, meanTokens: number): number => {
  const { given, refused, tokens } = record;
  const perVerdict = given === 0 ? meanTokens : tokens / given;
  return (refused + 1) / (given + 2) / Math.max(1, perVerdict);
};

/** Those first that refuse most for their tokens, since one refusal settles a solution; among equals by name. */
export const strictestFirst = (members: readonly string[], known: Strictness): string[] => {
  const records = [...known.values()];
  const given = records.reduce((sum, record) => sum + record.given, 0);
  const meanTokens = records.reduce((sum, { tokens }) => sum + tokens, 0) / Math.max(1, given);
  const rank = (member: string) => yieldOf(known.get(member) ?? noVerdicts, meanTokens);
  return members.toSorted().toSorted((left, right) => rank(right) - rank(left));
};
