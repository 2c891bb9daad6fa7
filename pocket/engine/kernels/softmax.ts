/**
 * The softmax of rows of scores, and its gradient. Scores may be masked: a masked score's probability is 0.
 *
 * The mask is a row of zeros and then of large negative numbers (`maskRow`). It is added to the last `masked` columns,
 * and moves to the right by `maskStep` floats from one row to the next.
 */
import { exponentialOf } from "./exponential.ts";
import { bytesOf, FLOAT_BYTES, range, VECTOR_BYTES } from "./layout.ts";
import type { MultiplyAdd } from "./multiply-add.ts";
import {
  addLanes,
  advance,
  type Code,
  eachVector,
  FunctionBuilder,
  float,
  integer,
  type Local,
  maxLanes,
  vector,
  whileBelow,
} from "./wasm.ts";

/** Bytes of a row's maximum and the reciprocal of its sum. */
const STATISTICS_BYTES = 2 * FLOAT_BYTES;
const MASKED = -1e30;

/** `open` zeros, then `closed` large negative numbers. */
export const maskRow = (open: number, closed: number): Float32Array =>
  Float32Array.from({ length: open + closed }, (_, index) => (index < open ? 0 : MASKED));

/** `x = softmax(x + mask)` by row; keeps each row's maximum and the reciprocal of its sum in `statistics`. */
export const softmax = (multiplyAdd: MultiplyAdd): FunctionBuilder => {
  const builder = new FunctionBuilder("softmax");
  const { x, mask, statistics, rows, columns, masked, stride, maskStep } = builder.parameters(
    "x",
    "mask",
    "statistics",
    "rows",
    "columns",
    "masked",
    "stride",
    "maskStep",
  );
  const { end, rowEnd, cursor, maskCursor } = builder.integers("end", "rowEnd", "cursor", "maskCursor");
  const { maximum, sum } = builder.vectors("maximum", "sum");
  const here = vector.load(cursor.get);
  const exponential = exponentialOf(builder, vector.subtract(here, maximum.get), multiplyAdd);
  return builder.body([
    end.set(integer.add(x.get, integer.multiply(bytesOf(stride.get), rows.get))),
    whileBelow(x, end.get, [
      rowEnd.set(integer.add(x.get, bytesOf(columns.get))),
      addMask({ cursor, rowEnd, masked, mask, maskCursor }),
      maximum.set(vector.load(x.get)),
      eachVector(cursor, x.get, rowEnd.get, maximum.set(vector.max(maximum.get, here))),
      float.store(statistics.get, maxLanes(maximum)),
      maximum.set(vector.loadSplat(statistics.get)),
      sum.set(vector.of(0)),
      eachVector(cursor, x.get, rowEnd.get, [
        exponential.compute,
        vector.store(cursor.get, exponential.result),
        sum.set(vector.add(sum.get, exponential.result)),
      ]),
      float.store(statistics.get, float.divide(float.of(1), addLanes(sum)), FLOAT_BYTES),
      sum.set(vector.loadSplat(statistics.get, FLOAT_BYTES)),
      eachVector(cursor, x.get, rowEnd.get, vector.store(cursor.get, vector.multiply(here, sum.get))),
      advance(x, bytesOf(stride.get)),
      advance(statistics, STATISTICS_BYTES),
      mask.set(integer.subtract(mask.get, bytesOf(maskStep.get))),
    ]),
  ]);
};

/**
 * Replaces scores `x` by their probabilities `p`, from `statistics`, and the gradient `dx` of the probabilities by that
 * of the scores, `p ∘ (dx − Σ p ∘ dx)`. The sum is taken as `y · dy` over the head's features, where `y` is the
 * attention's output: both are the same, because `y` is `p` times the values.
 */
export const softmaxBack = (headDimension: number, multiplyAdd: MultiplyAdd): FunctionBuilder => {
  const builder = new FunctionBuilder("softmaxBack");
  const { x, dx, mask, statistics, y, dy, rows, columns, masked, stride, yStride, dyStride } =
    builder.parameters(
      "x",
      "dx",
      "mask",
      "statistics",
      "y",
      "dy",
      "rows",
      "columns",
      "masked",
      "stride",
      "yStride",
      "dyStride",
    );
  const { end, rowEnd, cursor, maskCursor, toSlope } = builder.integers(
    "end",
    "rowEnd",
    "cursor",
    "maskCursor",
    "toSlope",
  );
  const { maximum, scale, sum, probability } = builder.vectors("maximum", "scale", "sum", "probability");
  const slope = integer.add(cursor.get, toSlope.get);
  const shifted = vector.subtract(vector.load(cursor.get), maximum.get);
  const exponential = exponentialOf(builder, shifted, multiplyAdd);
  const feature = (offset: number): Code =>
    sum.set(vector.add(sum.get, vector.multiply(vector.load(y.get, offset), vector.load(dy.get, offset))));
  return builder.body([
    end.set(integer.add(x.get, integer.multiply(bytesOf(stride.get), rows.get))),
    toSlope.set(integer.subtract(dx.get, x.get)),
    whileBelow(x, end.get, [
      rowEnd.set(integer.add(x.get, bytesOf(columns.get))),
      addMask({ cursor, rowEnd, masked, mask, maskCursor }),
      maximum.set(vector.loadSplat(statistics.get)),
      scale.set(vector.loadSplat(statistics.get, FLOAT_BYTES)),
      sum.set(vector.of(0)),
      range(headDimension / 4).map((index) => feature(index * VECTOR_BYTES)),
      sum.set(vector.splat(addLanes(sum))),
      eachVector(cursor, x.get, rowEnd.get, [
        exponential.compute,
        probability.set(vector.multiply(exponential.result, scale.get)),
        vector.store(cursor.get, probability.get),
        vector.store(slope, vector.multiply(probability.get, vector.subtract(vector.load(slope), sum.get))),
      ]),
      advance(x, bytesOf(stride.get)),
      advance(y, bytesOf(yStride.get)),
      advance(dy, bytesOf(dyStride.get)),
      advance(statistics, STATISTICS_BYTES),
      mask.set(integer.subtract(mask.get, integer.of(FLOAT_BYTES))),
    ]),
  ]);
};

interface MaskedRow {
  readonly cursor: Local;
  readonly rowEnd: Local;
  readonly masked: Local;
  readonly mask: Local;
  readonly maskCursor: Local;
}

/** Adds the mask to the last `masked` columns, a multiple of 4. */
const addMask = ({ cursor, rowEnd, masked, mask, maskCursor }: MaskedRow): Code => [
  maskCursor.set(mask.get),
  eachVector(cursor, integer.subtract(rowEnd.get, bytesOf(masked.get)), rowEnd.get, [
    vector.store(cursor.get, vector.add(vector.load(cursor.get), vector.load(maskCursor.get))),
    advance(maskCursor, VECTOR_BYTES),
  ]),
];
