import { describe, expect, test } from "vitest";
import { uniform } from "../sampler.ts";
import { Dropout } from "../training/dropout.ts";
import { FloatMemory } from "./float-memory.ts";
import { compileKernels, compileTrainingKernels } from "./kernels.ts";
import { KEY_BLOCK, PANEL } from "./layout.ts";
import { exactly, relaxed } from "./multiply-add.ts";
import { packPanels, padded } from "./packed-weights.ts";

const SHAPE = { heads: 4, keyValueHeads: 2, headDimension: 12, context: 64, epsilon: 1e-6 };

const random = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => 2 * uniform(seed, index) - 1);

const setUp = (): { memory: FloatMemory; kernels: ReturnType<typeof compileKernels> } => {
  const memory = new FloatMemory();
  memory.allocate(200_000);
  return { memory, kernels: compileKernels(SHAPE, memory.memory) };
};

const read = (memory: FloatMemory, start: number, length: number): number[] => [
  ...memory.floats.subarray(start, start + length),
];

const share = (values: readonly number[], test: (value: number, at: number) => boolean): number =>
  values.filter(test).length / values.length;

const expectClose = (actual: readonly number[], expected: readonly number[]): void => {
  expect(actual).toHaveLength(expected.length);
  const worst = Math.max(...actual.map((value, index) => Math.abs(value - (expected[index] ?? Number.NaN))));
  expect(worst).toBeLessThan(2e-6);
};

describe("the kernels", () => {
  test.each([
    [1, 48, 48],
    [4, 48, 144],
    [7, 96, 61],
  ])("multiply %i rows of %i by %i columns, with and without accumulation", (rows, inner, columns) => {
    const { memory, kernels } = setUp();
    const [x, w] = [random(rows * inner, 1), random(columns * inner, 2)];
    const width = padded(columns);
    const input = memory.store(x);
    const weight = memory.store(packPanels([{ outputs: columns, inputs: inner, data: w }]));
    const output = memory.allocate(rows * width);
    const sizes = [rows, inner, width, inner, width, inner * PANEL] as const;
    kernels.project(4 * input, 4 * weight, 4 * output, ...sizes);
    kernels.projectAdd(4 * input, 4 * weight, 4 * output, ...sizes);
    const cell = (row: number, column: number): number => {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += (x[row * inner + k] ?? 0) * (w[column * inner + k] ?? 0);
      return column < columns ? 2 * sum : 0;
    };
    const expected = Array.from({ length: rows * width }, (_, at) =>
      cell(Math.floor(at / width), at % width),
    );
    expectClose(
      read(memory, output, rows * width).map((value) => value / 10),
      expected.map((value) => value / 10),
    );
  });

  test("gives a row the same bits in any batch", () => {
    const { memory, kernels } = setUp();
    const input = memory.store(random(7 * 48, 3));
    const weight = memory.store(random(48 * 48, 4));
    const output = memory.allocate(7 * 48);
    const sizes = [48, 48, 48, 48, 48 * PANEL] as const;
    kernels.project(4 * input, 4 * weight, 4 * output, 7, ...sizes);
    const together = read(memory, output, 7 * 48);
    for (let row = 0; row < 7; row++) {
      kernels.project(4 * (input + row * 48), 4 * weight, 4 * output, 1, ...sizes);
      expect(read(memory, output, 48)).toEqual(together.slice(row * 48, (row + 1) * 48));
    }
  });

  test("normalise and gate", () => {
    const { memory, kernels } = setUp();
    const x = random(2 * 48, 5).map((value) => value * 20);
    const weight = random(48, 6);
    const [input, scale, output] = [memory.store(x), memory.store(weight), memory.allocate(2 * 48)];
    kernels.normalise(4 * input, 4 * scale, 4 * output, 2, 48);
    const root = [0, 1].map((row) => {
      const squares = x.slice(row * 48, row * 48 + 48).reduce((sum, value) => sum + value * value, 0);
      return Math.sqrt(squares / 48 + SHAPE.epsilon);
    });
    const normed = [...x].map((v, at) => (v / (root[Math.floor(at / 48)] ?? 0)) * (weight[at % 48] ?? 0));
    expectClose(read(memory, output, 96), normed);
    kernels.gate(4 * input, 4 * output, 2, 24);
    const gated = Array.from({ length: 48 }, (_, at) => {
      const start = Math.floor(at / 24) * 48 + (at % 24);
      const gate = x[start] ?? 0;
      return ((gate / (1 + Math.exp(-gate))) * (x[start + 24] ?? 0)) / 400;
    });
    expectClose(
      read(memory, output, 48).map((value) => value / 400),
      gated,
    );
  });

  test.each([1, 5, 8, 13, 64])("attend over %i positions", (length) => {
    const { memory, kernels } = setUp();
    const { heads, keyValueHeads, headDimension, context } = SHAPE;
    const cache = keyValueHeads * headDimension * context;
    const [query, keys, values] = [random(heads * headDimension, 7), random(cache, 8), random(cache, 9)];
    const out = memory.allocate(heads * headDimension);
    const scratch = memory.allocate(context);
    const places = [query, keys, values].map((array) => 4 * memory.store(array)) as [number, number, number];
    kernels.attend(...places, 4 * out, length, 4 * scratch);
    const keyAt = (head: number, position: number, dimension: number): number => {
      const block = (head * context + position - (position % KEY_BLOCK)) * headDimension;
      return keys[block + dimension * KEY_BLOCK + (position % KEY_BLOCK)] ?? 0;
    };
    const expected = Array.from({ length: heads }, (_, head) => {
      const shared = Math.floor((head * keyValueHeads) / heads);
      const positions = Array.from({ length }, (_, position) => position);
      const dimensions = Array.from({ length: headDimension }, (_, dimension) => dimension);
      const scores = positions.map((position) =>
        dimensions.reduce(
          (sum, d) => sum + (query[head * headDimension + d] ?? 0) * keyAt(shared, position, d),
          0,
        ),
      );
      const weights = scores.map(Math.exp);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const valueAt = (position: number, d: number): number =>
        values[(shared * context + position) * headDimension + d] ?? 0;
      return dimensions.map(
        (d) => weights.reduce((sum, weight, p) => sum + weight * valueAt(p, d), 0) / total,
      );
    }).flat();
    expectClose(read(memory, out, heads * headDimension), expected);
  });
});

describe("the kernels for training", () => {
  const matrix = (rows: number, columns: number, seed: number) => {
    const data = random(rows * columns, seed);
    return { data, at: (row: number, column: number): number => data[row * columns + column] ?? Number.NaN };
  };
  const table = (rows: number, columns: number, cell: (row: number, column: number) => number): number[] =>
    Array.from({ length: rows * columns }, (_, at) => cell(Math.floor(at / columns), at % columns));
  const sum = (count: number, term: (index: number) => number): number =>
    Array.from({ length: count }, (_, index) => term(index)).reduce((total, value) => total + value, 0);

  test.each([
    ["exactly", exactly],
    ["relaxed", relaxed],
  ] as const)("multiply rows and sum outer products %s", (_, multiplyAdd) => {
    const memory = new FloatMemory();
    memory.allocate(200_000);
    const kernels = compileTrainingKernels(SHAPE, memory.memory, multiplyAdd);
    const [rows, inner, columns] = [7, 24, 12];
    const [x, w] = [matrix(rows, inner, 1), matrix(inner, columns, 2)];
    const [input, weight, output] = [
      memory.store(x.data),
      memory.store(w.data),
      memory.allocate(rows * columns),
    ];
    kernels.projectRows(
      ...[4 * input, 4 * weight, 4 * output, rows, inner, columns],
      ...[inner, columns, columns],
    );
    const product = table(rows, columns, (row, column) => sum(inner, (k) => x.at(row, k) * w.at(k, column)));
    expectClose(read(memory, output, rows * columns), product);
    const out = memory.store(new Float32Array(inner * columns).fill(1));
    kernels.outer(4 * input, 4 * output, 4 * out, rows, inner, columns, inner, columns, columns);
    const y = (row: number, column: number): number => product[row * columns + column] ?? Number.NaN;
    const products = table(
      inner,
      columns,
      (k, column) => 1 + sum(rows, (row) => x.at(row, k) * y(row, column)),
    );
    expectClose(read(memory, out, inner * columns), products);
  });

  test("draw dropout factors at the given rate, other ones for another key", () => {
    const { memory } = setUp();
    const kernels = compileTrainingKernels(SHAPE, memory.memory);
    const [length, factor] = [40_000, 1.25];
    const [ones, mask] = [memory.store(new Float32Array(length).fill(1)), memory.allocate(length)];
    const draw = (batch: number, index: number): number[] => {
      const dropout = new Dropout(kernels, { dropout: 0.2, seed: 5, masks: 7 });
      dropout.startBatch(batch);
      dropout.apply(ones, mask, length, index);
      return read(memory, mask, length);
    };
    const draws = [draw(0, 0), draw(0, 1), draw(1, 0)];
    for (const values of draws) {
      expect(new Set(values)).toEqual(new Set([0, factor]));
      expect(share(values, (value) => value === 0)).toBeCloseTo(0.2, 2);
      expect(share(values, (value, at) => value + (values[at + 1] ?? 1) === 0)).toBeCloseTo(0.04, 2);
    }
    for (const [one, other] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const)
      expect(share(draws[one] ?? [], (value, at) => value + (draws[other]?.[at] ?? 1) === 0)).toBeCloseTo(
        0.04,
        2,
      );
    expect(draw(0, 0)).toEqual(draws[0]);
  });

  test("drop the gradient as they dropped the input, over rows of any stride", () => {
    const { memory } = setUp();
    const dropout = new Dropout(compileTrainingKernels(SHAPE, memory.memory), {
      dropout: 0.3,
      seed: 5,
      masks: 7,
    });
    const [rows, width, stride] = [5, 12, 16];
    const [x, slope] = [matrix(rows, width, 6), matrix(rows, stride, 7)];
    const [input, dropped] = [memory.store(x.data), memory.allocate(rows * width)];
    const [gradient, sum] = [memory.store(slope.data), memory.store(new Float32Array(rows * stride).fill(1))];
    dropout.apply(input, dropped, rows * width, 3);
    dropout.add(gradient, sum, { rows, width, stride }, 3);
    const kept = read(memory, dropped, rows * width);
    const factor = (row: number, column: number): number => (kept[row * width + column] === 0 ? 0 : 1 / 0.7);
    expect(new Set(kept.map((value) => value === 0))).toEqual(new Set([true, false]));
    expectClose(
      kept,
      table(rows, width, (row, column) => x.at(row, column) * factor(row, column)),
    );
    const added = (row: number, column: number): number =>
      1 + (column < width ? slope.at(row, column) * factor(row, column) : 0);
    expectClose(read(memory, sum, rows * stride), table(rows, stride, added));
  });
});
