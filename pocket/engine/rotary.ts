/** Rotary position embedding: the rotation angles of pairs of dimensions. */
import type { ModelShape } from "./checkpoint.ts";

export interface Rotations {
  /** `[context, headDimension / 2]` */
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
}

/** Dimension i pairs with dimension i + headDimension / 2. */
export const rotations = ({ context, headDimension, ropeTheta }: ModelShape): Rotations => {
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
};

/** Rounds to float32 at every step like `transformers`, because rounding differences grow with the position. */
const frequency = (theta: number, exponent: number): number =>
  Math.fround(1 / Math.fround(theta ** Math.fround(exponent)));
