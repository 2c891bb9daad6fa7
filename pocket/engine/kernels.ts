/**
 * The forward kernels: WebAssembly SIMD generated for one model's shape when the model loads.
 *
 * 1. Addresses are in bytes; every matrix is row-major float32 and starts on 16 bytes.
 * 2. Weights are packed in panels of 8 columns, `[ceil(columns / 8), inner, 8]`; missing columns are zero.
 *    An output row therefore has `ceil(columns / 8) * 8` floats.
 * 3. A row's result never depends on the other rows: every column is summed over `inner` in order,
 *    by the four-row tile and by the one-row tile alike. Batches cannot change what a request samples.
 * 4. Only IEEE multiply and add, no fused or relaxed operation: results are the same bits on every machine.
 * 5. Keys are stored in blocks of eight positions, `[keyValueHeads, context / 8, headDimension, 8]`, so that eight
 *    scores are computed at once; values are stored `[keyValueHeads, context, headDimension]`.
 */
import {
  advance,
  assemble,
  type Code,
  FunctionBuilder,
  float,
  integer,
  type Local,
  vector,
  whileBelow,
} from "./wasm.ts";

/** Columns of one weight panel. */
export const PANEL = 8;
/** Positions of one block of cached keys. */
export const KEY_BLOCK = 8;

export interface KernelShape {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
  readonly context: number;
  readonly epsilon: number;
}

/** All addresses in bytes, all counts in floats or rows. */
export interface Kernels {
  /** `y[rows, columns] = x[rows, inner] · w`; `columns` a multiple of 8, `inner` of 4. */
  project(x: number, w: number, y: number, rows: number, inner: number, columns: number): void;
  /** The same, added to what `y` holds. */
  projectAdd(x: number, w: number, y: number, rows: number, inner: number, columns: number): void;
  /** `y = x / sqrt(mean(x²) + epsilon) * w` over each row of `width` floats. */
  normalise(x: number, w: number, y: number, rows: number, width: number): void;
  /** `y = silu(gate) * up`; `x` rows are `[gate, up]`, each `width` floats. */
  gate(x: number, y: number, rows: number, width: number): void;
  /** One query row over `length` cached positions; `scratch` holds `context` floats. The query is already scaled. */
  attend(query: number, keys: number, values: number, out: number, length: number, scratch: number): void;
}

export function compileKernels(shape: KernelShape, memory: WebAssembly.Memory): Kernels {
  const functions = [project(false), project(true), normalise(shape.epsilon), gate(), attend(shape)];
  const module = new WebAssembly.Module(assemble(functions));
  const instance = new WebAssembly.Instance(module, { environment: { memory } });
  return instance.exports as unknown as Kernels;
}

const FLOAT_BYTES = 4;
const VECTOR_BYTES = 16;
const BLOCK_BYTES = KEY_BLOCK * FLOAT_BYTES;
const TILE_ROWS = 4;

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const bytesOf = (count: Code): Code => integer.shiftLeft(count, integer.of(2));

function project(accumulate: boolean): FunctionBuilder {
  const builder = new FunctionBuilder(accumulate ? "projectAdd" : "project");
  const x = builder.parameter();
  const w = builder.parameter();
  const y = builder.parameter();
  const rows = builder.parameter();
  const inner = builder.parameter();
  const columns = builder.parameter();
  const innerBytes = builder.integer();
  const outBytes = builder.integer();
  const panelEnd = builder.integer();
  const xRow = builder.integer();
  const yRow = builder.integer();
  const row = builder.integer();
  const wideRows = builder.integer();
  const tile = (height: number): Code => [
    projectTile(builder, { height, accumulate, w, xRow, yRow, innerBytes, outBytes }),
    advance(xRow, integer.multiply(innerBytes.get, integer.of(height))),
    advance(yRow, integer.multiply(outBytes.get, integer.of(height))),
    advance(row, height),
  ];
  return builder.body([
    innerBytes.set(bytesOf(inner.get)),
    outBytes.set(bytesOf(columns.get)),
    panelEnd.set(integer.add(y.get, outBytes.get)),
    wideRows.set(integer.and(rows.get, integer.of(-TILE_ROWS))),
    whileBelow(y, panelEnd.get, [
      xRow.set(x.get),
      yRow.set(y.get),
      row.set(integer.of(0)),
      whileBelow(row, wideRows.get, tile(TILE_ROWS)),
      whileBelow(row, rows.get, tile(1)),
      advance(y, PANEL * FLOAT_BYTES),
      advance(w, integer.multiply(innerBytes.get, integer.of(PANEL))),
    ]),
  ]);
}

interface Tile {
  readonly height: number;
  readonly accumulate: boolean;
  readonly w: Local;
  readonly xRow: Local;
  readonly yRow: Local;
  readonly innerBytes: Local;
  readonly outBytes: Local;
}

/** `height` rows by one panel: two accumulators per row, four steps of `inner` per turn. */
function projectTile(builder: FunctionBuilder, tile: Tile): Code {
  const lanes = range(tile.height).map((index) => ({
    offset: index,
    input: builder.integer(),
    output: builder.integer(),
    low: builder.vector(),
    high: builder.vector(),
  }));
  const low = builder.vector();
  const high = builder.vector();
  const splat = builder.vector();
  const weight = builder.integer();
  const weightEnd = builder.integer();
  const start = (output: Local, half: number): Code =>
    tile.accumulate ? vector.load(output.get, half * VECTOR_BYTES) : vector.of(0);
  const prepare = lanes.map((lane) => [
    lane.input.set(offsetRows(tile.xRow, tile.innerBytes, lane.offset)),
    lane.output.set(offsetRows(tile.yRow, tile.outBytes, lane.offset)),
    lane.low.set(start(lane.output, 0)),
    lane.high.set(start(lane.output, 1)),
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
    weightEnd.set(integer.add(weight.get, integer.multiply(tile.innerBytes.get, integer.of(PANEL)))),
    whileBelow(weight, weightEnd.get, [
      range(4).map(step),
      lanes.map((lane) => advance(lane.input, 4 * FLOAT_BYTES)),
      advance(weight, 4 * PANEL * FLOAT_BYTES),
    ]),
    lanes.map((lane) => [
      vector.store(lane.output.get, lane.low.get),
      vector.store(lane.output.get, lane.high.get, VECTOR_BYTES),
    ]),
  ];
}

function offsetRows(base: Local, stride: Local, rows: number): Code {
  return rows === 0 ? base.get : integer.add(base.get, integer.multiply(stride.get, integer.of(rows)));
}

function normalise(epsilon: number): FunctionBuilder {
  const builder = new FunctionBuilder("normalise");
  const x = builder.parameter();
  const w = builder.parameter();
  const y = builder.parameter();
  const rows = builder.parameter();
  const width = builder.parameter();
  const widthBytes = builder.integer();
  const end = builder.integer();
  const column = builder.integer();
  const sum = builder.vector();
  const value = builder.vector();
  const each = (body: Code): Code => [
    column.set(integer.of(0)),
    whileBelow(column, widthBytes.get, [body, advance(column, VECTOR_BYTES)]),
  ];
  const at = (base: Local): Code => integer.add(base.get, column.get);
  const mean = float.divide(addLanes(sum), float.fromInteger(width.get));
  return builder.body([
    widthBytes.set(bytesOf(width.get)),
    end.set(integer.add(x.get, integer.multiply(widthBytes.get, rows.get))),
    whileBelow(x, end.get, [
      sum.set(vector.of(0)),
      each([
        value.set(vector.load(at(x))),
        sum.set(vector.add(sum.get, vector.multiply(value.get, value.get))),
      ]),
      sum.set(vector.splat(float.divide(float.of(1), float.sqrt(float.add(mean, float.of(epsilon)))))),
      each(
        vector.store(
          at(y),
          vector.multiply(vector.multiply(vector.load(at(x)), sum.get), vector.load(at(w))),
        ),
      ),
      advance(x, widthBytes.get),
      advance(y, widthBytes.get),
    ]),
  ]);
}

function addLanes(local: Local): Code {
  const [a, b, c, d] = [0, 1, 2, 3].map((lane) => vector.lane(local.get, lane)) as [Code, Code, Code, Code];
  return float.add(float.add(a, b), float.add(c, d));
}

function maxLanes(local: Local): Code {
  const [a, b, c, d] = [0, 1, 2, 3].map((lane) => vector.lane(local.get, lane)) as [Code, Code, Code, Code];
  return float.max(float.max(a, b), float.max(c, d));
}

function gate(): FunctionBuilder {
  const builder = new FunctionBuilder("gate");
  const x = builder.parameter();
  const y = builder.parameter();
  const rows = builder.parameter();
  const width = builder.parameter();
  const widthBytes = builder.integer();
  const end = builder.integer();
  const rowEnd = builder.integer();
  const gateValue = builder.vector();
  const up = vector.load(integer.add(x.get, widthBytes.get));
  const exponential = exponentialOf(builder, vector.negate(gateValue.get));
  const sigmoid = vector.divide(vector.of(1), vector.add(vector.of(1), exponential.result));
  return builder.body([
    widthBytes.set(bytesOf(width.get)),
    end.set(integer.add(y.get, integer.multiply(widthBytes.get, rows.get))),
    whileBelow(y, end.get, [
      rowEnd.set(integer.add(y.get, widthBytes.get)),
      whileBelow(y, rowEnd.get, [
        gateValue.set(vector.load(x.get)),
        exponential.compute,
        vector.store(y.get, vector.multiply(vector.multiply(gateValue.get, sigmoid), up)),
        advance(x, VECTOR_BYTES),
        advance(y, VECTOR_BYTES),
      ]),
      advance(x, widthBytes.get),
    ]),
  ]);
}

/** Coefficients of exp on [-ln 2 / 2, ln 2 / 2], highest first (Cephes `expf`); below 2 units in the last place. */
const EXPONENTIAL = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
] as const;
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;

/** `compute` must run before `result` is read. Clamped to [-87, 87]. */
function exponentialOf(builder: FunctionBuilder, operand: Code): { compute: Code; result: Code } {
  const x = builder.vector();
  const power = builder.vector();
  const sum = builder.vector();
  const { of, add, subtract, multiply } = vector;
  const [first, ...rest] = EXPONENTIAL;
  const compute = [
    x.set(vector.max(of(-87), vector.min(of(87), operand))),
    power.set(vector.nearest(multiply(x.get, of(Math.LOG2E)))),
    x.set(subtract(subtract(x.get, multiply(power.get, of(LN2_HIGH))), multiply(power.get, of(LN2_LOW)))),
    sum.set(of(first)),
    rest.map((coefficient) => sum.set(add(multiply(sum.get, x.get), of(coefficient)))),
    sum.set(add(add(multiply(sum.get, multiply(x.get, x.get)), x.get), of(1))),
  ];
  const biased = vector.addInteger(vector.toInteger(power.get), vector.ofInteger(127));
  return { compute, result: multiply(sum.get, vector.shiftLeftInteger(biased, 23)) };
}

function attend(shape: KernelShape): FunctionBuilder {
  const builder = new FunctionBuilder("attend");
  const query = builder.parameter();
  const keys = builder.parameter();
  const values = builder.parameter();
  const out = builder.parameter();
  const length = builder.parameter();
  const scratch = builder.parameter();
  const head = { builder, shape, query, keys, values, out, scratch, lengthEnd: builder.integer() };
  const group = shape.heads / shape.keyValueHeads;
  const headBytes = shape.headDimension * FLOAT_BYTES;
  const cacheBytes = headBytes * shape.context;
  const queryEnd = builder.integer();
  const groupEnd = builder.integer();
  return builder.body([
    head.lengthEnd.set(integer.add(scratch.get, bytesOf(length.get))),
    queryEnd.set(integer.add(query.get, integer.of(shape.heads * headBytes))),
    whileBelow(query, queryEnd.get, [
      groupEnd.set(integer.add(query.get, integer.of(group * headBytes))),
      whileBelow(query, groupEnd.get, [attendHead(head), advance(query, headBytes), advance(out, headBytes)]),
      advance(keys, cacheBytes),
      advance(values, cacheBytes),
    ]),
  ]);
}

interface Head {
  readonly builder: FunctionBuilder;
  readonly shape: KernelShape;
  readonly query: Local;
  readonly keys: Local;
  readonly values: Local;
  readonly out: Local;
  readonly scratch: Local;
  /** Address after the last real score. */
  readonly lengthEnd: Local;
}

/** Scores, softmax and weighted values of one head. Blocks of eight positions; those past the end score `-1e30`. */
function attendHead(head: Head): Code {
  const { builder, scratch, lengthEnd } = head;
  const cursor = builder.integer();
  const largest = builder.vector();
  const total = builder.vector();
  const weight = builder.vector();
  const exponential = exponentialOf(builder, vector.subtract(vector.load(cursor.get), largest.get));
  const mask = [
    cursor.set(lengthEnd.get),
    whileBelow(cursor, roundUp(head), [
      float.store(cursor.get, float.of(-1e30)),
      advance(cursor, FLOAT_BYTES),
    ]),
  ];
  const each = (body: Code): Code => [
    cursor.set(scratch.get),
    whileBelow(cursor, lengthEnd.get, [body, advance(cursor, VECTOR_BYTES)]),
  ];
  return [
    scores(head),
    mask,
    largest.set(vector.of(-1e30)),
    each(largest.set(vector.max(largest.get, vector.load(cursor.get)))),
    largest.set(vector.splat(maxLanes(largest))),
    total.set(vector.of(0)),
    each([
      exponential.compute,
      weight.set(exponential.result),
      vector.store(cursor.get, weight.get),
      total.set(vector.add(total.get, weight.get)),
    ]),
    total.set(vector.splat(float.divide(float.of(1), addLanes(total)))),
    weighValues(head, total),
  ];
}

/** End of the scores, rounded up to whole blocks of eight. */
function roundUp({ scratch, lengthEnd }: Head): Code {
  const bytes = integer.add(integer.subtract(lengthEnd.get, scratch.get), integer.of(BLOCK_BYTES - 1));
  return integer.add(scratch.get, integer.and(bytes, integer.of(-BLOCK_BYTES)));
}

function scores({ builder, shape, query, keys, scratch, lengthEnd }: Head): Code {
  const cursor = builder.integer();
  const key = builder.integer();
  const low = builder.vector();
  const high = builder.vector();
  const splat = builder.vector();
  const dimension = (index: number): Code => {
    const offset = index * BLOCK_BYTES;
    return [
      splat.set(vector.loadSplat(query.get, index * FLOAT_BYTES)),
      low.set(vector.add(low.get, vector.multiply(splat.get, vector.load(key.get, offset)))),
      high.set(vector.add(high.get, vector.multiply(splat.get, vector.load(key.get, offset + VECTOR_BYTES)))),
    ];
  };
  return [
    cursor.set(scratch.get),
    key.set(keys.get),
    whileBelow(cursor, lengthEnd.get, [
      low.set(vector.of(0)),
      high.set(vector.of(0)),
      range(shape.headDimension).map(dimension),
      vector.store(cursor.get, low.get),
      vector.store(cursor.get, high.get, VECTOR_BYTES),
      advance(cursor, BLOCK_BYTES),
      advance(key, shape.headDimension * BLOCK_BYTES),
    ]),
  ];
}

function weighValues({ builder, shape, values, out, scratch, lengthEnd }: Head, scale: Local): Code {
  const cursor = builder.integer();
  const value = builder.integer();
  const splat = builder.vector();
  const sums = range(shape.headDimension / 4).map(() => builder.vector());
  const add = (sum: Local, index: number): Code =>
    sum.set(vector.add(sum.get, vector.multiply(splat.get, vector.load(value.get, index * VECTOR_BYTES))));
  return [
    cursor.set(scratch.get),
    value.set(values.get),
    sums.map((sum) => sum.set(vector.of(0))),
    whileBelow(cursor, lengthEnd.get, [
      splat.set(vector.loadSplat(cursor.get)),
      sums.map(add),
      advance(cursor, FLOAT_BYTES),
      advance(value, shape.headDimension * FLOAT_BYTES),
    ]),
    sums.map((sum, index) =>
      vector.store(out.get, vector.multiply(sum.get, scale.get), index * VECTOR_BYTES),
    ),
  ];
}
