/** How long replies are, where a script writes them: as models of one to four billion parameters write about mathematics. */
import { normalOf } from "../machines/random.ts";
import type { ModelCall } from "../runtime/model/model.ts";

/** Median length of a reply in each role [tokens]. */
export const medianLengths = { generator: 120, solver: 400, verifier: 300, voter: 200, explainer: 150 };

const medianOf = (role: string): number => new Map(Object.entries(medianLengths)).get(role) ?? 100;

/** Standard deviation of the logarithm of a length. */
const spread = 0.4;

/** Log-normal; the same reply to the same prompt always has the same length. */
export const lengthOf =
  (name: string) =>
  ({ role, prompt, seed = 0 }: ModelCall, text: string): number =>
    Math.round(medianOf(role) * Math.exp(spread * normalOf(name, role, prompt, text, seed)));
