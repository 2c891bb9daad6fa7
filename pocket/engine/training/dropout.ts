/** PEFT's dropout on each adapter's input: 0 with probability `dropout`, otherwise `1 / (1 - dropout)`. */
import type { TrainingKernels } from "../kernels/kernels.ts";
import { uniform } from "../sampler.ts";

/** Separates dropout's random numbers from other uses of the job's seed. */
const STREAM = 0x5bd1e995;

export interface DropoutSettings {
  readonly dropout: number;
  readonly seed: number;
  /** Number of masks per batch. */
  readonly masks: number;
}

interface Rows {
  readonly rows: number;
  readonly width: number;
  readonly stride: number;
}

export class Dropout {
  readonly #kernels: TrainingKernels;
  readonly #settings: DropoutSettings;
  /** Upper bound of the hashes that drop an entry. */
  readonly #threshold: number;
  readonly #factor: number;
  #batch = 0;

  constructor(kernels: TrainingKernels, settings: DropoutSettings) {
    const { dropout } = settings;
    this.#kernels = kernels;
    this.#settings = settings;
    this.#threshold = Math.floor(dropout * 2 ** 32) - 2 ** 31;
    this.#factor = new Int32Array(Float32Array.of(1 / (1 - dropout)).buffer)[0] ?? 0;
  }

  get isActive(): boolean {
    return this.#settings.dropout > 0;
  }

  /** Every batch has its own random numbers. */
  startBatch(batch: number): void {
    this.#batch = batch;
  }

  /** `y = x ∘ mask` over `length` floats; `index` is the mask's number within the batch. */
  apply(x: number, y: number, length: number, index: number): void {
    this.#kernels.dropout(4 * x, 4 * y, 1, length, length, ...this.#settingsOf(index));
  }

  /** `y += x ∘ mask` over rows of `width` floats, with `stride` floats from one to the next. */
  add(x: number, y: number, { rows, width, stride }: Rows, index: number): void {
    this.#kernels.dropoutAdd(4 * x, 4 * y, rows, width, stride, ...this.#settingsOf(index));
  }

  #settingsOf(index: number): readonly [number, number, number, number] {
    const { seed, masks } = this.#settings;
    const stream = 2 * (this.#batch * masks + index);
    const key = (part: number): number => uniform(seed + STREAM, stream + part) * 2 ** 32;
    return [key(0), key(1), this.#threshold, this.#factor];
  }
}
