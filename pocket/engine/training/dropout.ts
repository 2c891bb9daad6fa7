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

/** Positions of a module's dropout factors and of its input after dropout. */
export interface Dropped {
  readonly mask: number;
  readonly dropped: number;
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

  /** Fills a mask of `length` floats and writes `x ∘ mask` to `dropped`; `index` is the mask's number within the batch. */
  apply(x: number, { mask, dropped }: Dropped, length: number, index: number): void {
    const { seed, masks } = this.#settings;
    const stream = 2 * (this.#batch * masks + index);
    const [first, second] = [0, 1].map((part) => uniform(seed + STREAM, stream + part) * 2 ** 32) as [
      number,
      number,
    ];
    const [threshold, factor] = [this.#threshold, this.#factor];
    this.#kernels.dropout(4 * x, 4 * mask, 4 * dropped, length, first, second, threshold, factor);
  }
}
