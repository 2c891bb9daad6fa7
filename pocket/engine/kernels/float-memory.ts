/** Allocates blocks of floats in a WebAssembly memory; released blocks of equal size are reused. */

const PAGE_FLOATS = 16_384;
const MAXIMUM_PAGES = 16_384;
/** Blocks are aligned to 64 bytes. */
const ALIGNMENT = 16;

/** All positions and lengths are in floats. */
export class FloatMemory {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES });
  readonly #released = new Map<number, number[]>();
  #end = ALIGNMENT;
  #floats = new Float32Array(this.memory.buffer);

  /** A view of the whole memory. Read it again after each `allocate`, because growing replaces it. */
  get floats(): Float32Array {
    return this.#floats;
  }

  allocate(length: number): number {
    const rounded = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    const reused = this.#released.get(rounded)?.pop();
    if (reused !== undefined) return reused;
    const start = this.#end;
    this.#end += rounded;
    const missing = Math.ceil((this.#end - this.#floats.length) / PAGE_FLOATS);
    if (missing > 0) this.memory.grow(missing);
    this.#floats = new Float32Array(this.memory.buffer);
    return start;
  }

  store(values: Float32Array): number {
    const start = this.allocate(values.length);
    this.#floats.set(values, start);
    return start;
  }

  release(start: number, length: number): void {
    const rounded = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    const blocks = this.#released.get(rounded) ?? [];
    this.#released.set(rounded, [...blocks, start]);
  }
}
