import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Adapter } from "../adapter.ts";
import {
  type Checkpoint,
  type ModelShape,
  projectionSize,
  readCheckpoint,
  TARGET_MODULES,
} from "../checkpoint.ts";
import { exactly } from "../kernels/multiply-add.ts";
import { SMALL_SHAPE, writeRandomCheckpoint } from "../random-checkpoint.ts";
import { uniform } from "../sampler.ts";
import { type DropoutMasks, referenceLoss } from "./reference-loss.fixture.ts";
import type { EncodedSample } from "./samples.ts";
import { responseRows, rowsOf } from "./segments.ts";
import { type NetworkOptions, TrainingNetwork } from "./training-network.ts";

const folder = mkdtempSync(join(tmpdir(), "agora-gradients-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Random numbers of one test case, by seed. */
const drawing = (seed: number) => {
  let index = 0;
  const next = (): number => uniform(seed, index++);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
  return { next, pick };
};
type Drawing = ReturnType<typeof drawing>;

/** Varies widths (whole panels or not) and heads (shared keys and values or not). */
const drawShape = ({ pick }: Drawing): ModelShape => {
  const keyValueHeads = pick([1, 2]);
  return {
    ...SMALL_SHAPE,
    ...{ hidden: pick([8, 16, 24]), intermediate: pick([12, 16, 20, 32]), layers: pick([1, 2, 3]) },
    ...{ keyValueHeads, heads: keyValueHeads * pick([1, 2, 3]), headDimension: pick([4, 8, 12]) },
    ...{ context: 64, tiedEmbeddings: pick([true, false]) },
  };
};

const drawAdapter = ({ next, pick }: Drawing, shape: ModelShape): Adapter => {
  const rank = pick([1, 3, 8, 12]);
  const matrix = (length: number): Float32Array => Float32Array.from({ length }, () => (next() - 0.5) / 3);
  const some = TARGET_MODULES.filter(() => next() < 0.7);
  const targetModules = some.length > 0 ? some : [...TARGET_MODULES];
  const pairOf = (module: (typeof TARGET_MODULES)[number]) => {
    const [outputs, inputs] = projectionSize(shape, module);
    return [module, { a: matrix(rank * inputs), b: matrix(outputs * rank) }] as const;
  };
  const layers = Array.from({ length: shape.layers }, () => Object.fromEntries(targetModules.map(pairOf)));
  return { rank, alpha: 2 * rank, dropout: pick([0, 0.3]), targetModules, layers };
};

const drawSamples = ({ next }: Drawing, { vocabulary, context }: ModelShape): EncodedSample[] =>
  Array.from({ length: 1 + Math.floor(next() * 4) }, () => {
    const length = 2 + Math.floor(next() * (context - 2));
    const tokens = Array.from({ length }, () => Math.floor(next() * vocabulary));
    return { tokens, responseStart: 1 + Math.floor(next() * (length - 1)) };
  });

/**
 * The network's dropout factors of all rows. In the last layer only keys and values are computed of all rows; the
 * factors of other rows do not count.
 */
const masksOf = (
  network: TrainingNetwork,
  adapter: Adapter,
  samples: readonly EncodedSample[],
): DropoutMasks => {
  if (adapter.dropout === 0) return adapter.layers.map(() => ({}));
  const [last = {}, ...others] = network.masks(samples).toReversed();
  const spread = Object.entries(last).map(([module, mask]) => [
    module,
    ["k_proj", "v_proj"].includes(module) ? mask : spreadQueries(mask, samples),
  ]);
  return [...others.toReversed(), Object.fromEntries(spread)];
};

/** From the rows that predict a response token to all rows. */
const spreadQueries = (mask: Float32Array, samples: readonly EncodedSample[]): Float32Array => {
  const { rows, queries, segments } = responseRows(samples);
  const width = mask.length / queries;
  const whole = new Float32Array(rows * width);
  for (const { start, position, queryStart, queries: count } of segments)
    whole.set(mask.subarray(queryStart * width, (queryStart + count) * width), (start + position) * width);
  return whole;
};

const checkpointOf = (seed: number, shape: ModelShape): Checkpoint => {
  const base = join(folder, `shape-${seed}`);
  writeRandomCheckpoint(base, shape, seed);
  return readCheckpoint(base);
};

const distance = (left: Float32Array, right: Float32Array): number =>
  Math.hypot(...left.map((value, index) => value - (right[index] ?? Number.NaN))) /
  Math.max(1e-6, Math.hypot(...right));

/** Odd cases sum products as the runtime prefers, even cases with two roundings like every platform. */
const arithmetic = (seed: number): Pick<NetworkOptions, "multiplyAdd"> =>
  seed % 2 === 0 ? { multiplyAdd: exactly } : {};

describe("the training network", () => {
  test.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    "has the same loss and gradients as jax-js, case %i",
    async (seed) => {
      const draws = drawing(seed);
      const shape = drawShape(draws);
      const adapter = drawAdapter(draws, shape);
      const samples = drawSamples(draws, shape);
      const checkpoint = checkpointOf(seed, shape);
      const rows = samples.reduce((sum, sample) => sum + rowsOf(sample), 0);
      const network = new TrainingNetwork(checkpoint, adapter, { capacity: rows, seed, ...arithmetic(seed) });
      network.load(adapter.layers);
      const loss = network.evaluate(samples, 0.1, 3);
      const masks = masksOf(network, adapter, samples);
      const expected = await referenceLoss(checkpoint, adapter, samples, 0.1, masks);
      expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-5);
      const worst = network.gradients().flatMap((layer, index) =>
        adapter.targetModules.flatMap((module) => {
          const [own, other] = [layer[module], expected.gradient[index]?.[module]];
          if (own === undefined || other === undefined) throw new Error(`${module} has no gradient`);
          return [distance(own.a, other.a), distance(own.b, other.b)];
        }),
      );
      expect(Math.max(...worst)).toBeLessThan(1e-4);
    },
  );

  test("sums the gradients of several batches and clears them on load", () => {
    const draws = drawing(40);
    const shape = drawShape(draws);
    const adapter = { ...drawAdapter(draws, shape), dropout: 0 };
    const samples = [...drawSamples(draws, shape), ...drawSamples(draws, shape)];
    const rows = samples.reduce((sum, sample) => sum + rowsOf(sample), 0);
    const network = new TrainingNetwork(checkpointOf(40, shape), adapter, { capacity: rows, seed: 40 });
    const measure = (...batches: (readonly EncodedSample[])[]) => {
      network.load(adapter.layers);
      const loss = batches.reduce((sum, batch) => sum + network.evaluate(batch, 0.1, 0), 0);
      return { loss, gradients: network.gradients() };
    };
    const whole = measure(samples);
    const parts = measure(samples.slice(0, 1), samples.slice(1));
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    for (const [index, layer] of whole.gradients.entries()) {
      for (const module of adapter.targetModules) {
        const [own, other] = [parts.gradients[index]?.[module], layer[module]];
        expect(distance(own?.a ?? new Float32Array(), other?.a ?? new Float32Array(1))).toBeLessThan(1e-4);
      }
    }
    expect(measure(samples)).toEqual(whole);
  });
});
