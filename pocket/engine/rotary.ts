/** Rotary position embedding: the angles by which pairs of dimensions turn. */
import type { ModelShape } from "./checkpoint.ts";

export interface Rotations {
  /** `[context, headDimension / 2]` */
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
}

/** Dimension i turns with dimension i + headDimension / 2. */
export function rotations({ context, headDimension, ropeTheta }: ModelShape): Rotations {
  const half = headDimension / 2;
  const frequencies = Array.from({ length: half }, (_, index) =>
    frequency(ropeTheta, (2 * index) / headDimension),
  );
  const angles = new Float32Array(context * half);
  for (let position = 0; position < context; position++) {
    for (let index = 0; index < half; index++)
      angles[position * half + index] = position * (frequencies[index] ?? 0);
  }
  return { cosine: angles.map(Math.cos), sine: angles.map(Math.sin) };
}

/** Rounded to float32 at every step as `transformers` does: a last digit here is a shifted angle far from the start. */
function frequency(theta: number, exponent: number): number {
  return Math.fround(1 / Math.fround(theta ** Math.fround(exponent)));
}
