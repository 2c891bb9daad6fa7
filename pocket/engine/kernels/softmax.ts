/** The softmax over a block of causal scores, and its gradient. */
import { exponentialOf } from "./exponential.ts";
import { bytesOf, VECTOR_BYTES } from "./layout.ts";
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

/** `x = softmax(x + mask)` by row; `mask` covers the last `diagonal` columns and has rows of `maskStride` floats. */
export const softmax = (maskStride: number): FunctionBuilder => {
  const builder = new FunctionBuilder("softmax");
  const { x, mask, rows, columns, diagonal, stride } = builder.parameters(
    "x",
    "mask",
    "rows",
    "columns",
    "diagonal",
    "stride",
  );
  const { end, rowEnd, cursor, maskCursor } = builder.integers("end", "rowEnd", "cursor", "maskCursor");
  const { maximum, sum } = builder.vectors("maximum", "sum");
  const here = vector.load(cursor.get);
  const exponential = exponentialOf(builder, vector.subtract(here, maximum.get));
  return builder.body([
    end.set(integer.add(x.get, integer.multiply(bytesOf(stride.get), rows.get))),
    whileBelow(x, end.get, [
      rowEnd.set(integer.add(x.get, bytesOf(columns.get))),
      maskCursor.set(mask.get),
      eachVector(cursor, integer.subtract(rowEnd.get, bytesOf(diagonal.get)), rowEnd.get, [
        vector.store(cursor.get, vector.add(here, vector.load(maskCursor.get))),
        advance(maskCursor, VECTOR_BYTES),
      ]),
      maximum.set(vector.load(x.get)),
      eachVector(cursor, x.get, rowEnd.get, maximum.set(vector.max(maximum.get, here))),
      maximum.set(vector.splat(maxLanes(maximum))),
      sum.set(vector.of(0)),
      eachVector(cursor, x.get, rowEnd.get, [
        exponential.compute,
        vector.store(cursor.get, exponential.result),
        sum.set(vector.add(sum.get, here)),
      ]),
      sum.set(vector.splat(float.divide(float.of(1), addLanes(sum)))),
      eachVector(cursor, x.get, rowEnd.get, vector.store(cursor.get, vector.multiply(here, sum.get))),
      advance(x, bytesOf(stride.get)),
      advance(mask, 4 * maskStride),
    ]),
  ]);
};

/** `dy = y ∘ (dy − Σ y ∘ dy)` by row, where `y` is the softmax's output. */
export const softmaxBack = (): FunctionBuilder => {
  const builder = new FunctionBuilder("softmaxBack");
  const { y, dy, rows, columns, stride } = builder.parameters("y", "dy", "rows", "columns", "stride");
  const { end, rowBytes, cursor } = builder.integers("end", "rowBytes", "cursor");
  const sum = builder.vector();
  const each = (body: Code): Code => eachVector(cursor, integer.of(0), rowBytes.get, body);
  const at = (base: Local): Code => integer.add(base.get, cursor.get);
  const [output, slope] = [vector.load(at(y)), vector.load(at(dy))];
  return builder.body([
    end.set(integer.add(y.get, integer.multiply(bytesOf(stride.get), rows.get))),
    rowBytes.set(bytesOf(columns.get)),
    whileBelow(y, end.get, [
      sum.set(vector.of(0)),
      each(sum.set(vector.add(sum.get, vector.multiply(output, slope)))),
      sum.set(vector.splat(addLanes(sum))),
      each(vector.store(at(dy), vector.multiply(output, vector.subtract(slope, sum.get)))),
      advance(y, bytesOf(stride.get)),
      advance(dy, bytesOf(stride.get)),
    ]),
  ]);
};
