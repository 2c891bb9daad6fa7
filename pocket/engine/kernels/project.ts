/** Matrix products in tiles: a few rows by one weight panel. */
import { bytesOf, FLOAT_BYTES, PANEL, range, VECTOR_BYTES } from "./layout.ts";
import { advance, type Code, FunctionBuilder, integer, type Local, vector, whileBelow } from "./wasm.ts";

const TILE_ROWS = 4;

export const project = (accumulate: boolean): FunctionBuilder => {
  const builder = new FunctionBuilder(accumulate ? "projectAdd" : "project");
  const { x, w, y, rows, inner, columns, xStride, yStride, panelStride } = builder.parameters(
    "x",
    "w",
    "y",
    "rows",
    "inner",
    "columns",
    "xStride",
    "yStride",
    "panelStride",
  );
  const { xBytes, yBytes, panelEnd, xRow, yRow, row, wideRows } = builder.integers(
    "xBytes",
    "yBytes",
    "panelEnd",
    "xRow",
    "yRow",
    "row",
    "wideRows",
  );
  const tile = (height: number): Code => [
    projectTile(builder, { height, accumulate, w, inner, xRow, yRow, xBytes, yBytes }),
    advance(xRow, integer.multiply(xBytes.get, integer.of(height))),
    advance(yRow, integer.multiply(yBytes.get, integer.of(height))),
    advance(row, height),
  ];
  return builder.body([
    xBytes.set(bytesOf(xStride.get)),
    yBytes.set(bytesOf(yStride.get)),
    panelEnd.set(integer.add(y.get, bytesOf(columns.get))),
    wideRows.set(integer.and(rows.get, integer.of(-TILE_ROWS))),
    whileBelow(y, panelEnd.get, [
      xRow.set(x.get),
      yRow.set(y.get),
      row.set(integer.of(0)),
      whileBelow(row, wideRows.get, tile(TILE_ROWS)),
      whileBelow(row, rows.get, tile(1)),
      advance(y, PANEL * FLOAT_BYTES),
      advance(w, bytesOf(panelStride.get)),
    ]),
  ]);
};

interface Tile {
  readonly height: number;
  readonly accumulate: boolean;
  readonly w: Local;
  readonly inner: Local;
  readonly xRow: Local;
  readonly yRow: Local;
  readonly xBytes: Local;
  readonly yBytes: Local;
}

/**
 * One tile: `height` rows by one panel, two accumulators per row, four steps of `inner` per iteration. With
 * `accumulate`, the old `y` is added last, because starting the sum with it would round each product to its
 * magnitude.
 */
const projectTile = (builder: FunctionBuilder, tile: Tile): Code => {
  const lanes = range(tile.height).map((index) => ({
    offset: index,
    input: builder.integer(),
    output: builder.integer(),
    low: builder.vector(),
    high: builder.vector(),
  }));
  const { low, high, splat } = builder.vectors("low", "high", "splat");
  const { weight, weightEnd } = builder.integers("weight", "weightEnd");
  const store = (output: Local, half: number, sum: Local): Code => {
    const offset = half * VECTOR_BYTES;
    const value = tile.accumulate ? vector.add(vector.load(output.get, offset), sum.get) : sum.get;
    return vector.store(output.get, value, offset);
  };
  const prepare = lanes.map((lane) => [
    lane.input.set(offsetRows(tile.xRow, tile.xBytes, lane.offset)),
    lane.output.set(offsetRows(tile.yRow, tile.yBytes, lane.offset)),
    lane.low.set(vector.of(0)),
    lane.high.set(vector.of(0)),
  ]);
  const step = (index: number): Code => [
    low.set(vector.load(weight.get, index * PANEL * FLOAT_BYTES)),
    high.set(vector.load(weight.get, index * PANEL * FLOAT_BYTES + VECTOR_BYTES)),
    lanes.map((lane) => [
      splat.set(vector.loadSplat(lane.input.get, index * FLOAT_BYTES)),
      lane.low.set(vector.add(lane.low.get, vector.multiply(splat.get, low.get))),
      lane.high.set(vector.add(lane.high.get, vector.multiply(splat.get, high.get))),
    ]),
  ];
  return [
    prepare,
    weight.set(tile.w.get),
    weightEnd.set(integer.add(weight.get, integer.multiply(tile.inner.get, integer.of(PANEL * FLOAT_BYTES)))),
    whileBelow(weight, weightEnd.get, [
      range(4).map(step),
      lanes.map((lane) => advance(lane.input, 4 * FLOAT_BYTES)),
      advance(weight, 4 * PANEL * FLOAT_BYTES),
    ]),
    lanes.map((lane) => [store(lane.output, 0, lane.low), store(lane.output, 1, lane.high)]),
  ];
};

const offsetRows = (base: Local, stride: Local, rows: number): Code =>
  rows === 0 ? base.get : integer.add(base.get, integer.multiply(stride.get, integer.of(rows)));
