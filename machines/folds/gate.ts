/** Whether an adapter is worse than the weights before it: asked before it is published, and at every later reading. */
import type { Accuracy, MessageOf } from "../../runtime/messages.ts";
import type { Settings } from "../settings.ts";
import { fisherTest, signTest } from "./evidence.ts";

/** Accuracies on the anchor, as shares. */
export interface Standard {
  readonly zeroShot: number;
  readonly eliteShot: number;
}

const rate = ({ correct, total }: Accuracy): number => correct / Math.max(1, total);

export type Reading = Pick<MessageOf<"anchor.measured">, "zeroShot" | "eliteShot">;

export const standardOf = ({ zeroShot, eliteShot }: Reading): Standard => ({
  zeroShot: rate(zeroShot),
  eliteShot: rate(eliteShot),
});

interface Evidence {
  /** Probability of such a loss by chance. */
  readonly chance: number;
  readonly text: string;
}

const probability = (chance: number): string => chance.toPrecision(2);

const unpaired = (before: Accuracy, after: Accuracy): Evidence => {
  const chance = fisherTest(before, after);
  return {
    chance,
    text: `${before.correct} of ${before.total} and ${after.correct} of ${after.total} problems, Fisher's test p = ${probability(chance)}`,
  };
};

/** Readings with marks of equally many problems are paired: they asked the same problems with the same seeds. */
const evidenceOf = (before: Accuracy, after: Accuracy): Evidence => {
  const [earlier, later] = [before.marks, after.marks];
  if (earlier === undefined || later === undefined || earlier.length !== later.length)
    return unpaired(before, after);
  const only = (left: string, right: string) =>
    [...left].filter((mark, index) => mark === "1" && right[index] !== "1").length;
  const [lost, won] = [only(earlier, later), only(later, earlier)];
  const chance = signTest(lost, won);
  return { chance, text: `${lost} problems lost, ${won} won, sign test p = ${probability(chance)}` };
};

type Bounds = Pick<Settings, "anchorTolerance" | "gateLevel">;

/** The cause, with numbers, if `after` is worse by more than the tolerance and by more than chance explains. */
export const lossOf = (
  kind: keyof Standard,
  before: Reading,
  after: Reading,
  { anchorTolerance, gateLevel }: Bounds,
): string | undefined => {
  const [earlier, later] = [rate(before[kind]), rate(after[kind])];
  if (later >= earlier - anchorTolerance) return undefined;
  const { chance, text } = evidenceOf(before[kind], after[kind]);
  const points = (value: number) => (100 * value).toFixed(1);
  return chance > gateLevel
    ? undefined
    : `${kind} accuracy fell from ${points(earlier)} to ${points(later)} points (${text})`;
};

/**
 * Why the gate refuses: the candidate is worse zero-shot or with elite examples. Accuracy with elite examples depends
 * on the examples, so only readings with the same examples are compared.
 */
export const gateRefusal = (before: Reading, candidate: Reading, bounds: Bounds): string | undefined =>
  lossOf("zeroShot", before, candidate, bounds) ?? lossOf("eliteShot", before, candidate, bounds);
