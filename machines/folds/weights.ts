/** Which weights each model speaks with: the one fold over publications and withdrawals. */
import type { Message } from "../../runtime/messages.ts";

/** Adapter version in force, by model; a model without one speaks with its base weights. */
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
