/** Sums of outer products over rows: the gradient of a weight matrix. */
import { bytesOf, FLOAT_BYTES, PANEL, range, VECTOR_BYTES } from "./layout.ts";
import { advance, FunctionBuilder, integer, vector, whileBelow } from "./wasm.ts";

const TILE = 4;

/** Tiles of four columns of `x` by one panel of `y`; each is summed over all rows and then added to `out`. */
export const outer = (): FunctionBuilder => {
  const builder = new FunctionBuilder("outer");
  const { x, y, out, rows, height, width, xStride, yStride, outStride } = builder.parameters(
    "x",
    "y",
    "out",
    "rows",
    "height",
    "width",
    "xStride",
    "yStride",
    "outStride",
  );
  const { xBytes, yBytes, outBytes } = builder.integers("xBytes", "yBytes", "outBytes");
  const { xEnd, yColumn, yColumnEnd, outTile } = builder.integers("xEnd", "yColumn", "yColumnEnd", "outTile");
  const { xRow, yRow, yRowEnd, outRow } = builder.integers("xRow", "yRow", "yRowEnd", "outRow");
  const sums = range(TILE).map(() => ({ low: builder.vector(), high: builder.vector() }));
  const { low, high, splat } = builder.vectors("low", "high", "splat");
  const sumRows = [
    sums.map((sum) => [sum.low.set(vector.of(0)), sum.high.set(vector.of(0))]),
    xRow.set(x.get),
    yRow.set(yColumn.get),
    yRowEnd.set(integer.add(yRow.get, integer.multiply(yBytes.get, rows.get))),
    whileBelow(yRow, yRowEnd.get, [
      low.set(vector.load(yRow.get)),
      high.set(vector.load(yRow.get, VECTOR_BYTES)),
      sums.map((sum, index) => [
        splat.set(vector.loadSplat(xRow.get, index * FLOAT_BYTES)),
        sum.low.set(vector.add(sum.low.get, vector.multiply(splat.get, low.get))),
        sum.high.set(vector.add(sum.high.get, vector.multiply(splat.get, high.get))),
      ]),
      advance(xRow, xBytes.get),
      advance(yRow, yBytes.get),
    ]),
  ];
  const addSums = [
    outRow.set(outTile.get),
    sums.map((sum) => [
      vector.store(outRow.get, vector.add(vector.load(outRow.get), sum.low.get)),
      vector.store(outRow.get, vector.add(vector.load(outRow.get, VECTOR_BYTES), sum.high.get), VECTOR_BYTES),
      advance(outRow, outBytes.get),
    ]),
  ];
  return builder.body([
    xBytes.set(bytesOf(xStride.get)),
    yBytes.set(bytesOf(yStride.get)),
    outBytes.set(bytesOf(outStride.get)),
    xEnd.set(integer.add(x.get, bytesOf(height.get))),
    yColumnEnd.set(integer.add(y.get, bytesOf(width.get))),
    whileBelow(x, xEnd.get, [
      yColumn.set(y.get),
      outTile.set(out.get),
      whileBelow(yColumn, yColumnEnd.get, [
        sumRows,
        addSums,
        advance(yColumn, PANEL * FLOAT_BYTES),
        advance(outTile, PANEL * FLOAT_BYTES),
      ]),
      advance(x, TILE * FLOAT_BYTES),
      advance(out, integer.multiply(outBytes.get, integer.of(TILE))),
    ]),
  ]);
};
