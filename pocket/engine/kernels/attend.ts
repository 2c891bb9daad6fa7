/** Attention of one query row over the key-value cache, head by head. */
import { exponentialOf } from "./exponential.ts";
import { bytesOf, FLOAT_BYTES, KEY_BLOCK, type KernelShape, range, VECTOR_BYTES } from "./layout.ts";
import { exactly } from "./multiply-add.ts";
import {
  addLanes,
  advance,
  type Code,
  FunctionBuilder,
  float,
  integer,
  type Local,
  maxLanes,
  vector,
  whileBelow,
} from "./wasm.ts";

const BLOCK_BYTES = KEY_BLOCK * FLOAT_BYTES;

export const attend = (shape: KernelShape): FunctionBuilder => {
  const builder = new FunctionBuilder("attend");
  const { query, keys, values, out, length, scratch } = builder.parameters(
    "query",
    "keys",
    "values",
    "out",
    "length",
    "scratch",
  );
  const head = { builder, shape, query, keys, values, out, scratch, lengthEnd: builder.integer() };
  const group = shape.heads / shape.keyValueHeads;
  const headBytes = shape.headDimension * FLOAT_BYTES;
  const cacheBytes = headBytes * shape.context;
  const { queryEnd, groupEnd } = builder.integers("queryEnd", "groupEnd");
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
};

interface Head {
  readonly builder: FunctionBuilder;
  readonly shape: KernelShape;
  readonly query: Local;
  readonly keys: Local;
  readonly values: Local;
  readonly out: Local;
  readonly scratch: Local;
  /** End address of the real scores. */
  readonly lengthEnd: Local;
}

/**
 * Scores, softmax and weighted values of one head, in blocks of eight positions; positions past the end score
 * `-1e30`.
 */
const attendHead = (head: Head): Code => {
  const { builder, scratch, lengthEnd } = head;
  const cursor = builder.integer();
  const { largest, total, weight } = builder.vectors("largest", "total", "weight");
  const exponential = exponentialOf(builder, vector.subtract(vector.load(cursor.get), largest.get), exactly);
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
};

/** End address of the scores, rounded up to blocks of eight. */
const roundUp = ({ scratch, lengthEnd }: Head): Code => {
  const bytes = integer.add(integer.subtract(lengthEnd.get, scratch.get), integer.of(BLOCK_BYTES - 1));
  return integer.add(scratch.get, integer.and(bytes, integer.of(-BLOCK_BYTES)));
};

const scores = ({ builder, shape, query, keys, scratch, lengthEnd }: Head): Code => {
  const { cursor, key } = builder.integers("cursor", "key");
  const { low, high, splat } = builder.vectors("low", "high", "splat");
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
};

const weighValues = ({ builder, shape, values, out, scratch, lengthEnd }: Head, scale: Local): Code => {
  const { cursor, value } = builder.integers("cursor", "value");
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
};
