/** Rotary position embedding: the angles by which pairs of dimensions turn. */
import type { ModelShape } from "./checkpoint.ts";

export interface Rotations {
  /** `[context, headDimension / 2]` */
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
}

/** In float32, as `transformers` computes them; dimension i turns with dimension i + headDimension / 2. */
export function rotations({ context, headDimension, ropeTheta }: ModelShape): Rotations {
  const half = headDimension / 2;
  const angles = new Float32Array(context * half);
  for (let position = 0; position < context; position++) {
    for (let index = 0; index < half; index++) {
      angles[position * half + index] = position * Math.fround(ropeTheta ** ((-2 * index) / headDimension));
    }
  }
  return { cosine: angles.map(Math.cos), sine: angles.map(Math.sin) };
}
