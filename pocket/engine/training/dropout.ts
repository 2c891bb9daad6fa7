/** PEFT's dropout, on each adapter's own input: zero with probability `dropout`, else `1 / (1 - dropout)`. */
import { uniform } from "../sampler.ts";

/** Keeps dropout's draws apart from the other uses of a job's seed. */
const STREAM = 0x5bd1e995;

/** Fills `mask`; jumps from zero to zero by geometric gaps instead of drawing for every entry. */
export function fillDropout(mask: Float32Array, dropout: number, seed: number, stream: number): void {
  mask.fill(1 / (1 - dropout));
  const keep = Math.log1p(-dropout);
  let draw = stream * 1_000_003;
  const gap = (): number => Math.floor(Math.log1p(-uniform(seed + STREAM, draw++)) / keep);
  for (let index = gap(); index < mask.length; index += 1 + gap()) mask[index] = 0;
}
