/** The query of the question list: what it keeps, in which order, and which part of it is shown. */
import type { QuestionLine, QuestionList } from "../../view.ts";

/** Columns that the list can be sorted by. */
export const sortKeys = ["time", "round", "author", "difficulty", "verified", "admitted", "winner"] as const;
export type SortKey = (typeof sortKeys)[number];

export const posers = ["society", "person"] as const;

export interface QuestionsQuery {
  /** `misled`: a verified solution is wrong. */
  readonly outcome?: QuestionLine["outcome"] | "misled" | undefined;
  readonly author?: string | undefined;
  /** Bounds of the difficulty, inclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Case-insensitive part of the question's text or id. */
  readonly text?: string | undefined;
  /** This peer has refused a solution, of this author if one is given. */
  readonly verifier?: string | undefined;
  readonly solver?: string | undefined;
  /** Whether the society has posed it, or a person has asked it. */
  readonly posed?: (typeof posers)[number] | undefined;
  readonly sort?: SortKey | undefined;
  /** Default: descending, so newest first. */
  readonly order?: "ascending" | "descending" | undefined;
  readonly offset: number;
  readonly limit: number;
}

const hasOutcome = (line: QuestionLine, outcome: QuestionsQuery["outcome"]): boolean =>
  outcome === undefined || (outcome === "misled" ? (line.misled ?? 0) > 0 : line.outcome === outcome);

const isRefused = ({ refusals = [] }: QuestionLine, { verifier, solver }: QuestionsQuery): boolean =>
  (verifier === undefined && solver === undefined) ||
  refusals.some(
    ([by, of]) => (verifier === undefined || by === verifier) && (solver === undefined || of === solver),
  );

const matches =
  (query: QuestionsQuery) =>
  (line: QuestionLine): boolean =>
    hasOutcome(line, query.outcome) &&
    isPosed(line, query) &&
    isRefused(line, query) &&
    hasDifficulty(line, query) &&
    isWithin(line, query);

/** What a person asks has no difficulty. */
const hasDifficulty = ({ askedBy, difficulty }: QuestionLine, { from, to }: QuestionsQuery): boolean =>
  (from === undefined && to === undefined) ||
  (askedBy === undefined && difficulty >= (from ?? difficulty) && difficulty <= (to ?? difficulty));

const isPosed = ({ askedBy }: QuestionLine, { posed }: QuestionsQuery): boolean =>
  posed === undefined || (posed === "person") === (askedBy !== undefined);

const isWithin = (line: QuestionLine, { author, text }: QuestionsQuery): boolean =>
  (author === undefined || line.author === author) &&
  (text === undefined || `${line.text}\n${line.question}`.toLowerCase().includes(text.toLowerCase()));

const sortValue = (line: QuestionLine, key: SortKey): number | string => {
  if (key === "time") return line.at;
  if (key === "verified") return line.solutions === 0 ? -1 : line.verified / line.solutions;
  return line[key] ?? "";
};

const compare = (left: number | string, right: number | string): number =>
  typeof left === "number" && typeof right === "number"
    ? left - right
    : String(left).localeCompare(String(right));

/** Whether a query keeps everything, newest first. */
export const isPlain = ({ offset: _first, limit: _most, order: _unused, ...rest }: QuestionsQuery): boolean =>
  Object.values(rest).every((value) => value === undefined);

/** @param lines oldest first; equal ones stay newest first */
export const listed = (lines: readonly QuestionLine[], query: QuestionsQuery): QuestionList => {
  const { sort, order = "descending", offset, limit } = query;
  const found = lines.filter(matches(query)).toReversed();
  const sign = order === "ascending" ? 1 : -1;
  const sorted =
    sort === undefined
      ? found
      : found.toSorted((left, right) => sign * compare(sortValue(left, sort), sortValue(right, sort)));
  return { total: found.length, lines: sorted.slice(offset, offset + limit) };
};

/** Reads the query of an address that the page has made itself. */
export const parsedQuery = (search: URLSearchParams): QuestionsQuery => {
  const text = (name: string): string | undefined => search.get(name) ?? undefined;
  const number = (name: string): number | undefined =>
    search.has(name) ? Number(search.get(name)) : undefined;
  return {
    outcome: text("outcome") as QuestionsQuery["outcome"],
    author: text("author"),
    ...{ from: number("from"), to: number("to"), text: text("text") },
    ...{ verifier: text("verifier"), solver: text("solver") },
    posed: text("posed") as QuestionsQuery["posed"],
    sort: text("sort") as QuestionsQuery["sort"],
    order: text("order") as QuestionsQuery["order"],
    ...{ offset: number("offset") ?? 0, limit: number("limit") ?? 50 },
  };
};
