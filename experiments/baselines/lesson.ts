/** What a baseline makes of a round, and the messages that say it: dossiers like those of a society's questions. */
import { causeOf } from "../../machines/work-order.ts";
import type { Dossier, Draft, MessageOf, Verdict } from "../../runtime/messages.ts";

/** A solution that a member wrote; training takes those that are kept. */
export interface Path {
  readonly author: string;
  readonly adapter: number;
  readonly text: string;
  readonly answer: string;
  /** Whether the answer is the gold one; undefined where there is none to compare with. */
  readonly right?: boolean | undefined;
  readonly kept: boolean;
}

/** A member that gave no readable solution. */
export interface Withheld {
  readonly author: string;
  readonly cause: string;
}

/** A peer's judgement of one of a lesson's paths. */
export type Review = Omit<Verdict, "solutionId"> & { readonly path: Path };

/** What a member says of one of a lesson's paths. */
export interface Comment {
  readonly author: string;
  readonly path: Path;
  readonly kind: string;
  readonly text: string;
}

export interface Lesson {
  /** The question, without an answer. */
  readonly text: string;
  /** Who wrote the question: a member with its adapter, or the baseline for problems of the pool. */
  readonly author: string;
  readonly adapter: number;
  readonly paths: readonly Path[];
  /** The members that were asked. Default: all. */
  readonly asked?: readonly string[];
  readonly withheld?: readonly Withheld[];
  readonly reviews?: readonly Review[];
  readonly comments?: readonly Comment[];
}

/** What members made of a problem of the baseline's pool. */
export const lessonOf = (
  kind: string,
  text: string,
  drawn: readonly { readonly paths: readonly Path[]; readonly withheld: readonly Withheld[] }[],
): Lesson => ({
  ...{ text, author: kind, adapter: 0, paths: drawn.flatMap(({ paths }) => paths) },
  withheld: drawn.flatMap(({ withheld }) => withheld),
});

/** A question that could not be used. */
export interface Flaw {
  readonly text: string;
  readonly author: string;
  readonly adapter: number;
  readonly flaw: string;
}

export type Made = Lesson | Flaw;

type Opened = MessageOf<"round.opened">;

interface Place {
  readonly opened: Opened;
  readonly members: readonly string[];
  readonly question: string;
}

const idsOf = (question: string, paths: readonly Path[]): ReadonlyMap<Path, string> =>
  new Map(paths.map((path, index) => [path, `${question}/${path.author}.${index}`]));

const dossierOf = (lesson: Lesson, { opened, members, question }: Place): Dossier => {
  const {
    text,
    author,
    adapter,
    paths,
    asked = members,
    withheld = [],
    reviews = [],
    comments = [],
  } = lesson;
  const ids = idsOf(question, paths);
  const idOf = (path: Path): string => ids.get(path) ?? question;
  return {
    ...{ question, round: opened.round, author, adapter, difficulty: opened.difficulty, text },
    group: [...asked],
    solutions: paths.map((path) => ({
      ...{ solutionId: idOf(path), author: path.author, adapter: path.adapter },
      ...{ text: path.text, answer: path.answer, examples: "", exemplars: [] },
    })),
    withheld: [...withheld],
    verdicts: reviews.map(({ path, ...verdict }) => ({ solutionId: idOf(path), ...verdict })),
    verified: paths.filter(({ kept }) => kept).map(idOf),
    remarks: comments.map(({ path, ...comment }) => ({ solutionId: idOf(path), ...comment })),
    ...{ ballots: [], duels: [], openedAt: Date.now() },
  };
};

const voided = ({ opened, question }: Place, { flaw, ...flawed }: Flaw): Draft => ({
  type: "question.voided",
  ...{ question, round: opened.round, reason: flaw, ...flawed },
});

const questionId = (kind: string, { round, attempt }: Opened, index: number): string =>
  `${kind}${round}-${attempt}.${index}`;

const nothing = "the baseline made nothing of it";

/** One outcome for each question of the round; those that the baseline did not use are void. */
export const draftsOf = (
  kind: string,
  opened: Opened,
  members: readonly string[],
  made: readonly Made[],
): Draft[] =>
  Array.from({ length: opened.count }, (_, index): Draft => {
    const place = { opened, members, question: questionId(kind, opened, index) };
    const item = made[index] ?? { text: "", author: kind, adapter: 0, flaw: nothing };
    return "flaw" in item
      ? voided(place, item)
      : { type: "question.closed", dossier: dossierOf(item, place) };
  });

/** The outcomes of a round whose play failed. */
export const failedDrafts = (kind: string, opened: Opened, error: unknown): Draft[] => {
  const flaw = { text: "", author: kind, adapter: 0, flaw: causeOf(error) };
  return draftsOf(
    kind,
    opened,
    [],
    Array.from({ length: opened.count }, () => flaw),
  );
};
