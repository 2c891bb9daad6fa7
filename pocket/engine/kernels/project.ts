/** Matrix products in tiles: a few rows of `x` by eight columns of `w`. */
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

const TILE_ROWS = 4;
const PANEL_BYTES = PANEL * FLOAT_BYTES;

/** `w` in panels of eight columns; `panelStride` is the number of floats from one panel to the next. */
export const project = (accumulate: boolean, multiplyAdd: MultiplyAdd): FunctionBuilder =>
  product({ name: accumulate ? "projectAdd" : "project", accumulate, packed: true, multiplyAdd });

/** `w` in rows of `wStride` floats; the number of columns is a multiple of 4. */
export const projectRows = (multiplyAdd: MultiplyAdd): FunctionBuilder =>
  product({ name: "projectRows", accumulate: false, packed: false, multiplyAdd });

interface Product {
  readonly name: string;
  readonly accumulate: boolean;
  readonly packed: boolean;
  readonly multiplyAdd: MultiplyAdd;
}

const product = ({ name, ...kind }: Product): FunctionBuilder => {
  const { packed } = kind;
  const builder = new FunctionBuilder(name);
  const { x, w, y, rows, inner, columns, xStride, yStride, wStride } = builder.parameters(
    "x",
    "w",
    "y",
    "rows",
    "inner",
    "columns",
    "xStride",
    "yStride",
    "wStride",
  );
  const bytes = builder.integers("xBytes", "yBytes", "wBytes");
  const { xBytes, yBytes, wBytes } = bytes;
  const { yEnd, xRow, yRow, row, wideRows } = builder.integers("yEnd", "xRow", "yRow", "row", "wideRows");
  const tile = (height: number, vectors: 1 | 2): Code => [
    productTile(builder, { ...kind, height, vectors, w, inner, xRow, yRow, ...bytes }),
    advance(xRow, integer.multiply(xBytes.get, integer.of(height))),
    advance(yRow, integer.multiply(yBytes.get, integer.of(height))),
    advance(row, height),
  ];
  const allRows = (vectors: 1 | 2): Code => [
    xRow.set(x.get),
    yRow.set(y.get),
    row.set(integer.of(0)),
    whileBelow(row, wideRows.get, tile(TILE_ROWS, vectors)),
    whileBelow(row, rows.get, tile(1, vectors)),
  ];
  const wholePanels = integer.and(columns.get, integer.of(-PANEL));
  return builder.body([
    xBytes.set(bytesOf(xStride.get)),
    yBytes.set(bytesOf(yStride.get)),
    wBytes.set(bytesOf(wStride.get)),
    yEnd.set(integer.add(y.get, bytesOf(packed ? columns.get : wholePanels))),
    wideRows.set(integer.and(rows.get, integer.of(-TILE_ROWS))),
    whileBelow(y, yEnd.get, [
      allRows(2),
      advance(y, PANEL_BYTES),
      advance(w, packed ? wBytes.get : PANEL_BYTES),
    ]),
    packed ? [] : when(integer.and(columns.get, integer.of(PANEL / 2)), allRows(1)),
  ]);
};

interface Tile extends Omit<Product, "name"> {
  readonly height: number;
  /** Width of the tile in vectors of four floats. */
  readonly vectors: 1 | 2;
  readonly w: Local;
  readonly inner: Local;
  readonly xRow: Local;
  readonly yRow: Local;
  readonly xBytes: Local;
  readonly yBytes: Local;
  readonly wBytes: Local;
}

/**
 * One tile, with one accumulator per row and vector, four steps of `inner` per iteration. With `accumulate`, the old
 * `y` is added last, because starting the sum with it would round each product to its magnitude.
 */
const productTile = (builder: FunctionBuilder, tile: Tile): Code => {
  const { accumulate, packed, multiplyAdd, wBytes } = tile;
  const columns = range(tile.vectors).map((index) => ({
    offset: index * VECTOR_BYTES,
    weights: builder.vector(),
  }));
  const lanes = range(tile.height).map((index) => ({
    offset: index,
    input: builder.integer(),
    output: builder.integer(),
    sums: columns.map((column) => ({ ...column, sum: builder.vector() })),
  }));
  const splat = builder.vector();
  const { weight, weightEnd } = builder.integers("weight", "weightEnd");
  const store = (output: Local, offset: number, sum: Local): Code => {
    const value = accumulate ? vector.add(vector.load(output.get, offset), sum.get) : sum.get;
    return vector.store(output.get, value, offset);
  };
  const prepare = lanes.map((lane) => [
    lane.input.set(offsetRows(tile.xRow, tile.xBytes, lane.offset)),
    lane.output.set(offsetRows(tile.yRow, tile.yBytes, lane.offset)),
    lane.sums.map(({ sum }) => sum.set(vector.of(0))),
  ]);
  const step = (index: number): Code => [
    columns.map(({ weights, offset }) =>
      weights.set(vector.load(weight.get, offset + (packed ? index * PANEL_BYTES : 0))),
    ),
    lanes.map((lane) => [
      splat.set(vector.loadSplat(lane.input.get, index * FLOAT_BYTES)),
      lane.sums.map(({ sum, weights }) => multiplyAdd(sum, splat.get, weights.get)),
    ]),
    packed ? [] : advance(weight, wBytes.get),
  ];
  const rowBytes = packed ? integer.of(PANEL_BYTES) : wBytes.get;
  return [
    prepare,
    weight.set(tile.w.get),
    weightEnd.set(integer.add(weight.get, integer.multiply(tile.inner.get, rowBytes))),
    whileBelow(weight, weightEnd.get, [
      range(4).map(step),
      lanes.map((lane) => advance(lane.input, 4 * FLOAT_BYTES)),
      packed ? advance(weight, 4 * PANEL_BYTES) : [],
    ]),
    lanes.map((lane) => lane.sums.map(({ sum, offset }) => store(lane.output, offset, sum))),
  ];
};

const offsetRows = (base: Local, stride: Local, rows: number): Code =>
  rows === 0 ? base.get : integer.add(base.get, integer.multiply(stride.get, integer.of(rows)));
