/** How many versions the adapters that wrote solutions were behind those in force when their questions settled. */
import { baseWeights, foldWeights, versionOf, type Weights } from "../../machines/folds/weights.ts";
import type { Message } from "../../runtime/messages.ts";

export interface AdapterStaleness {
  readonly weights: Weights;
  readonly solutions: number;
  /** Solutions of an adapter that had been replaced. */
  readonly stale: number;
  /** Sum of the versions behind, and the most. */
  readonly behind: number;
  readonly most: number;
}

export const noStaleness: AdapterStaleness = {
  weights: baseWeights,
  solutions: 0,
  stale: 0,
  behind: 0,
  most: 0,
};

export const foldStaleness = (staleness: AdapterStaleness, message: Message): AdapterStaleness => {
  const weights = foldWeights(staleness.weights, message);
  if (message.type !== "question.settled")
    return weights === staleness.weights ? staleness : { ...staleness, weights };
  const behind = message.dossier.solutions.map(({ author, adapter }) =>
    Math.max(0, versionOf(weights, author) - adapter),
  );
  return {
    weights,
    solutions: staleness.solutions + behind.length,
    stale: staleness.stale + behind.filter((versions) => versions > 0).length,
    behind: staleness.behind + behind.reduce((sum, versions) => sum + versions, 0),
    most: Math.max(staleness.most, ...behind),
  };
};

/** Share of stale solutions, mean versions behind, and the most. */
export const stalenessFacts = ({ solutions, stale, behind, most }: AdapterStaleness) => ({
  staleShare: solutions === 0 ? undefined : stale / solutions,
  meanBehind: solutions === 0 ? undefined : behind / solutions,
  most,
});
