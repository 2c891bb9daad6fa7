/**
 * Whether verifiers drift together: a verifier has drifted in a block of rounds if it accepts wrong solutions more often
 * than in the first block (Fisher's exact test, one-sided). One verifier that drifts is caught by the others; two or more
 * that drift in the same block can let the same wrong solutions pass, and raise the alarm.
 *
 * It needs the right answers, which the society never sees. Where a task knows none there is no alarm and no all-clear.
 */
import { fisherTest } from "../../machines/folds/evidence.ts";
import type { Message } from "../../runtime/messages.ts";
import type { IsRight } from "./refusals.ts";

/** One verdict on a wrong solution. */
interface Check {
  readonly round: number;
  readonly verifier: string;
  readonly refused: boolean;
}

export type Checks = readonly Check[];

export const noChecks: Checks = [];

export const foldChecks =
  (isRight: IsRight) =>
  (checks: Checks, message: Message): Checks => {
    if (message.type !== "question.settled") return checks;
    const { dossier } = message;
    const wrong = new Set(
      dossier.solutions
        .filter(({ answer }) => isRight(dossier.text, answer) === false)
        .map(({ solutionId }) => solutionId),
    );
    const found = dossier.verdicts
      .filter(({ solutionId, verdict }) => wrong.has(solutionId) && verdict !== "abstain")
      .map(({ verifier, verdict }) => ({ round: dossier.round, verifier, refused: verdict === "refuse" }));
    return found.length === 0 ? checks : [...checks, ...found];
  };

/** Rounds of one block, and the level of the test for one verifier in one block. */
const [blockLength, level] = [10, 0.01] as const;

export interface DriftAlarm {
  /** First and last round of the block. */
  readonly from: number;
  readonly to: number;
  readonly verifiers: readonly {
    readonly verifier: string;
    /** Share of wrong solutions accepted in the first block, and in this one. */
    readonly before: number;
    readonly after: number;
    readonly p: number;
  }[];
}

interface Tally {
  readonly correct: number;
  readonly total: number;
}

const tallyOf = (checks: Checks): Tally => ({
  correct: checks.filter(({ refused }) => refused).length,
  total: checks.length,
});

const acceptedShare = ({ correct, total }: Tally): number => (total === 0 ? 0 : 1 - correct / total);

const driftsIn = (first: Checks, block: Checks): DriftAlarm["verifiers"] =>
  [...new Set(block.map(({ verifier }) => verifier))].toSorted().flatMap((verifier) => {
    const isOwn = (check: Check): boolean => check.verifier === verifier;
    const [before, after] = [tallyOf(first.filter(isOwn)), tallyOf(block.filter(isOwn))];
    const p = fisherTest(before, after);
    if (before.total === 0 || p >= level) return [];
    return [{ verifier, before: acceptedShare(before), after: acceptedShare(after), p }];
  });

/** Blocks in which at least two verifiers have drifted. */
export const driftAlarms = (checks: Checks): DriftAlarm[] => {
  const blocks = Map.groupBy(checks, ({ round }) => Math.floor(round / blockLength));
  const first = blocks.get(0) ?? [];
  return [...blocks]
    .filter(([block]) => block > 0)
    .toSorted(([left], [right]) => left - right)
    .flatMap(([block, found]): DriftAlarm[] => {
      const verifiers = driftsIn(first, found);
      const [from, to] = [block * blockLength, (block + 1) * blockLength - 1];
      return verifiers.length < 2 ? [] : [{ from, to, verifiers }];
    });
};
