/** What a candidate adapter has to hold up against before it is published, and in force ever after. */
import type { Accuracy, MessageOf } from "../runtime/messages.ts";

/** Accuracies on the anchor, as shares. */
export interface Standard {
  readonly zeroShot: number;
  readonly eliteShot: number;
}

const rate = ({ correct, total }: Accuracy): number => correct / Math.max(1, total);

type Reading = Pick<MessageOf<"anchor.measured">, "zeroShot" | "eliteShot">;

export const standardOf = ({ zeroShot, eliteShot }: Reading): Standard => ({
  zeroShot: rate(zeroShot),
  eliteShot: rate(eliteShot),
});

/**
 * Accuracy with elite examples depends on the examples: only readings taken side by side compare.
 * Worse than before by more than the tolerance, zero-shot or with elite examples: what the gate refuses.
 */
export const gateRefusal = (
  standard: Standard,
  candidate: Standard,
  tolerance: number,
): string | undefined => {
  const points = (value: number) => (100 * value).toFixed(1);
  for (const kind of ["zeroShot", "eliteShot"] as const) {
    if (candidate[kind] < standard[kind] - tolerance) {
      return `${kind} accuracy fell from ${points(standard[kind])} to ${points(candidate[kind])} points`;
    }
  }
  return undefined;
};
