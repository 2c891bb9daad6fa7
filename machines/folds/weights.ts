/** Which weights each model uses: a fold over publications and withdrawals. */
import type { Message } from "../../runtime/messages.ts";

/** Adapter version in force, by model; a model without one uses its base weights. */
export type Weights = Readonly<Record<string, number>>;

export const baseWeights: Weights = {};

export const versionOf = (weights: Weights, model: string): number => weights[model] ?? 0;

export const foldWeights = (weights: Weights, event: Message): Weights => {
  switch (event.type) {
    case "adapter.published":
      return { ...weights, [event.model]: event.version };
    case "adapter.withdrawn":
      return { ...weights, [event.model]: event.restored };
    default:
      return weights;
  }
};

/** The name of a version at its endpoint. A name is never used twice: servers may keep answers of the old weights. */
export const servedName = (model: string, version: number): string => `${model}@v${version}`;
