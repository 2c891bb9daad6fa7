/** PEFT's dropout on each adapter's input: 0 with probability `dropout`, otherwise `1 / (1 - dropout)`. */
import { uniform } from "../sampler.ts";

/** Separates dropout's random numbers from other uses of the job's seed. */
const STREAM = 0x5bd1e995;

/** Fills `mask`. It draws geometric gaps between zeros instead of one number per entry. */
export const fillDropout = (mask: Float32Array, dropout: number, seed: number, stream: number): void => {
  mask.fill(1 / (1 - dropout));
  const keep = Math.log1p(-dropout);
  let draw = stream * 1_000_003;
  const gap = (): number => Math.floor(Math.log1p(-uniform(seed + STREAM, draw++)) / keep);
  for (let index = gap(); index < mask.length; index += 1 + gap()) mask[index] = 0;
};
