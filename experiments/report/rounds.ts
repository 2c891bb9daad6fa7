/** The closed rounds of a run, with what had been spent and found by the end of each. */
import { type Anchors, anchorOf, foldAnchors, noAnchors } from "../../machines/folds/drift.ts";
import type { Message, MessageOf } from "../../runtime/messages.ts";

export interface ReportRound {
  readonly round: number;
  /** V_t and its target. */
  readonly passRate: number;
  readonly target: number;
  readonly difficulty: number;
  /** Mean anchor accuracy of the group; undefined before the first reading. */
  readonly anchor: number | undefined;
  readonly surprise: number;
  readonly settled: number;
  readonly voided: number;
  readonly solutions: number;
  readonly verified: number;
  readonly admitted: number;
  /** Since the run began: tokens of all calls, and samples admitted. */
  readonly tokens: number;
  readonly samples: number;
}

interface Sums {
  readonly rounds: readonly ReportRound[];
  readonly anchors: Anchors;
  readonly tokens: number;
  readonly samples: number;
}

const closed = ({ anchors, tokens, samples }: Sums, message: MessageOf<"round.closed">): ReportRound => {
  const { round, passRate, target, difficulty, surprise } = message;
  const { settled, voided, solutions, verified, admitted } = message;
  return {
    ...{ round, passRate, target, difficulty, surprise, settled, voided, solutions, verified, admitted },
    ...{ anchor: anchorOf(anchors), tokens, samples: samples + admitted },
  };
};

const fold = (sums: Sums, message: Message): Sums => {
  switch (message.type) {
    case "call.metered":
      return { ...sums, tokens: sums.tokens + message.promptTokens + message.completionTokens };
    case "round.closed": {
      const round = closed(sums, message);
      return { ...sums, rounds: [...sums.rounds, round], samples: round.samples };
    }
    default: {
      const anchors = foldAnchors(sums.anchors, message);
      return anchors === sums.anchors ? sums : { ...sums, anchors };
    }
  }
};

export const roundsIn = (records: readonly Message[]): readonly ReportRound[] =>
  records.reduce(fold, { rounds: [], anchors: noAnchors, tokens: 0, samples: 0 }).rounds;
