/** The pieces of work a model can be asked to do, and what is published when it cannot do one. */
import type { Draft, Exemplar, Pair, Remark, Solution } from "../runtime/messages.ts";

interface Asked {
  /** Names the piece of work for good: the same id after a restart is the same work. */
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
  /** Who takes part in the question. */
  readonly group: readonly string[];
  readonly exemplars: readonly Exemplar[];
}

export interface Verify extends Asked {
  readonly kind: "verify";
  readonly question: string;
  readonly text: string;
  /** Who takes part in the question. */
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
  /** What was remarked before the vote. */
  readonly remarks?: readonly Remark[];
}

export interface Explain extends Asked {
  readonly kind: "explain";
  readonly question: string;
  readonly text: string;
  readonly winner: Solution;
  /** What other agents remarked on the question and the winning solution. */
  readonly remarks: readonly string[];
}

export type Work = Pose | Solve | Verify | Vote | Explain;
export type WorkKind = Work["kind"];

/** The questions a pose stands for: known before they are posed, so that none is lost unrecorded. */
export const questionIds = ({ id, count }: Pose): string[] =>
  Array.from({ length: count }, (_, index) => `${id}.${index}`);

/** The pieces that are done by one call each: a failed one is tried again by itself. */
export const piecesOf = (work: Work): Work[] =>
  work.kind === "vote"
    ? work.pairs.map((pair) => ({ ...work, id: `vote:${pair.pair}`, pairs: [pair] }))
    : [work];

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
  const isListed = (draft: Draft) => draft.type === "verdict.given" || draft.type === "ballot.cast";
  const groups = Map.groupBy(drafts, (draft) =>
    isListed(draft) && "question" in draft ? `${draft.type} ${draft.question}` : draft,
  );
  return [...groups.values()].flatMap(merged);
};

/** What a model says when it could not do the work: an abstention is recorded, never a silent yes or no. */
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
      return [{ type: "solution.withheld", question: work.question, author: model, cause }];
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
