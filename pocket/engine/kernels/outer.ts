/** Sums of outer products over rows: the gradient of a weight matrix. */
import { bytesOf, FLOAT_BYTES, PANEL, range, VECTOR_BYTES } from "./layout.ts";
import type { MultiplyAdd } from "./multiply-add.ts";
import {
  advance,
  type Code,
  FunctionBuilder,
  integer,
  type Local,
  vector,
  when,
  whileBelow,
} from "./wasm.ts";

const TILE = 4;

/** Tiles of four columns of `x` by eight of `y`; each is summed over all rows and then added to `out`. */
export const outer = (multiplyAdd: MultiplyAdd): FunctionBuilder => {
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
  const bytes = builder.integers("xBytes", "yBytes", "outBytes");
  const { xBytes, yBytes, outBytes } = bytes;
  const { xEnd, yColumn, yColumnEnd, outTile } = builder.integers("xEnd", "yColumn", "yColumnEnd", "outTile");
  const tile = { multiplyAdd, x, yColumn, outTile, rows, ...bytes };
  return builder.body([
    xBytes.set(bytesOf(xStride.get)),
    yBytes.set(bytesOf(yStride.get)),
    outBytes.set(bytesOf(outStride.get)),
    xEnd.set(integer.add(x.get, bytesOf(height.get))),
    yColumnEnd.set(integer.add(y.get, bytesOf(integer.and(width.get, integer.of(-PANEL))))),
    whileBelow(x, xEnd.get, [
      yColumn.set(y.get),
      outTile.set(out.get),
      whileBelow(yColumn, yColumnEnd.get, [
        sumTile(builder, tile, 2),
        advance(yColumn, PANEL * FLOAT_BYTES),
        advance(outTile, PANEL * FLOAT_BYTES),
      ]),
      when(integer.and(width.get, integer.of(PANEL / 2)), sumTile(builder, tile, 1)),
      advance(x, TILE * FLOAT_BYTES),
      advance(out, integer.multiply(outBytes.get, integer.of(TILE))),
    ]),
  ]);
};

interface Tile {
  readonly multiplyAdd: MultiplyAdd;
  readonly x: Local;
  readonly yColumn: Local;
  readonly outTile: Local;
  readonly rows: Local;
  readonly xBytes: Local;
  readonly yBytes: Local;
  readonly outBytes: Local;
}

/** `vectors` is the width of the tile in vectors of four floats. */
const sumTile = (builder: FunctionBuilder, tile: Tile, vectors: 1 | 2): Code => {
  const { xRow, yRow, yRowEnd, outRow } = builder.integers("xRow", "yRow", "yRowEnd", "outRow");
  const columns = range(vectors).map((index) => ({ offset: index * VECTOR_BYTES, values: builder.vector() }));
  const lines = range(TILE).map((index) => ({
    offset: index * FLOAT_BYTES,
    sums: columns.map((column) => ({ ...column, sum: builder.vector() })),
  }));
  const splat = builder.vector();
  return [
    lines.map(({ sums }) => sums.map(({ sum }) => sum.set(vector.of(0)))),
    xRow.set(tile.x.get),
    yRow.set(tile.yColumn.get),
    yRowEnd.set(integer.add(yRow.get, integer.multiply(tile.yBytes.get, tile.rows.get))),
    whileBelow(yRow, yRowEnd.get, [
      columns.map(({ values, offset }) => values.set(vector.load(yRow.get, offset))),
      lines.map(({ offset, sums }) => [
        splat.set(vector.loadSplat(xRow.get, offset)),
        sums.map(({ sum, values }) => tile.multiplyAdd(sum, splat.get, values.get)),
      ]),
      advance(xRow, tile.xBytes.get),
      advance(yRow, tile.yBytes.get),
    ]),
    outRow.set(tile.outTile.get),
    lines.map(({ sums }) => [
      sums.map(({ sum, offset }) =>
        vector.store(outRow.get, vector.add(vector.load(outRow.get, offset), sum.get), offset),
      ),
      advance(outRow, tile.outBytes.get),
    ]),
  ];
};
