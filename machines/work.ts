/** The kinds of work of a model, and the messages it sends if it cannot do one. */
import type { Draft, Exemplar, Pair, Remark, Solution } from "../runtime/messages.ts";

interface Asked {
  /** The same work has the same id, also after a restart. */
  readonly id: string;
}

export interface Pose extends Asked {
  readonly kind: "pose";
  readonly round: number;
  readonly difficulty: number;
  readonly count: number;
}

export interface Solve extends Asked {
  readonly kind: "solve";
  readonly question: string;
  readonly text: string;
  /** The members that take part in the question. */
  readonly group: readonly string[];
  /** None if there are none, or if the lot gives it none. */
  readonly exemplars: readonly Exemplar[];
  /** False: nobody verifies the solution. Default: true. */
  readonly examined?: boolean;
}

/** The arm of the trial that the work was drawn for (folds/arms.ts). */
export const isTaught = ({ exemplars }: Solve): boolean => exemplars.length > 0;

export interface Verify extends Asked {
  readonly kind: "verify";
  readonly question: string;
  readonly text: string;
  /** The members that take part in the question. */
  readonly group: readonly string[];
  readonly solution: Solution;
}

export interface Vote extends Asked {
  readonly kind: "vote";
  readonly question: string;
  readonly text: string;
  readonly pairs: readonly Pair[];
  /** Solution texts by solution id. */
  readonly solutions: Readonly<Record<string, string>>;
  /** Remarks made before the vote. */
  readonly remarks?: readonly Remark[];
}

export interface Explain extends Asked {
  readonly kind: "explain";
  readonly question: string;
  readonly text: string;
  readonly winner: Solution;
  /** Texts of other agents' remarks on the question and the winning solution. */
  readonly remarks: readonly string[];
}

export type Work = Pose | Solve | Verify | Vote | Explain;
export type WorkKind = Work["kind"];

/** The ids of a batch's questions, known before they are posed, so that every one gets an outcome. */
export const questionIds = ({ id, count }: Pose): string[] =>
  Array.from({ length: count }, (_, index) => `${id}.${index}`);

/** How many pieces it is done in, by one call each: a failed one is tried again by itself. */
export const countPieces = (work: Work): number => (work.kind === "vote" ? work.pairs.length : 1);

/** A piece is made when it is begun: a ballot may have thousands. */
export const pieceAt = (work: Work, place: number): Work => {
  if (work.kind !== "vote") return work;
  const pair = work.pairs[place];
  return pair === undefined ? work : { ...work, id: `vote:${pair.pair}`, pairs: [pair] };
};

const merged = (drafts: readonly Draft[]): Draft[] => {
  const [first] = drafts;
  if (first?.type === "verdict.given") {
    const verdicts = drafts.flatMap((draft) => (draft.type === "verdict.given" ? draft.verdicts : []));
    return [{ ...first, verdicts }];
  }
  if (first?.type === "ballot.cast") {
    const ballots = drafts.flatMap((draft) => (draft.type === "ballot.cast" ? draft.ballots : []));
    return [{ ...first, ballots }];
  }
  return [...drafts];
};

/** A model's verdicts on one question become one message, and so do its ballots. */
export const gathered = (drafts: readonly Draft[]): Draft[] => {
  const groups: Draft[][] = [];
  const listed = {
    "verdict.given": new Map<string, Draft[]>(),
    "ballot.cast": new Map<string, Draft[]>(),
  };
  for (const draft of drafts) {
    const isListed = draft.type === "verdict.given" || draft.type === "ballot.cast";
    const known = isListed ? listed[draft.type].get(draft.question) : undefined;
    if (known) {
      known.push(draft);
      continue;
    }
    const group = [draft];
    groups.push(group);
    if (isListed) listed[draft.type].set(draft.question, group);
  }
  return groups.flatMap(merged);
};

/** The messages of a model that could not do the work: an abstention is recorded, never a yes or a no. */
export const abstention = (work: Work, model: string, adapter: number, cause: string): Draft[] => {
  switch (work.kind) {
    case "pose": {
      const voided = {
        type: "question.voided" as const,
        round: work.round,
        author: model,
        adapter,
        text: "",
      };
      return questionIds(work).map((question) => ({ ...voided, question, reason: cause }));
    }
    case "solve":
      return [
        { type: "solution.withheld", question: work.question, author: model, cause, taught: isTaught(work) },
      ];
    case "verify": {
      const given = { solutionId: work.solution.solutionId, verifier: model, adapter, text: cause };
      return [
        { type: "verdict.given", question: work.question, verdicts: [{ ...given, verdict: "abstain" }] },
      ];
    }
    case "vote": {
      const ballots = work.pairs.map(({ pair }) => ({ pair, voter: model, adapter, text: cause }));
      return [{ type: "ballot.cast", question: work.question, ballots }];
    }
    case "explain":
      return [{ type: "explanation.withheld", question: work.question, author: model, cause }];
  }
};
