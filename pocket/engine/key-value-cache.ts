/** Keys and values of past positions, per slot and layer, in the layout of `kernels.ts`, invariant 5. */
import type { ModelShape } from "./checkpoint.ts";
import type { FloatMemory } from "./kernels/float-memory.ts";
import { KEY_BLOCK } from "./kernels/layout.ts";

/** All positions in memory are in floats. */
export class KeyValueCache {
  readonly #memory: FloatMemory;
  readonly #shape: ModelShape;
  readonly #keys: number;
  readonly #values: number;
  /** Floats of one slot's keys over all layers. */
  readonly #slotFloats: number;

  constructor(memory: FloatMemory, shape: ModelShape, slots: number) {
    this.#memory = memory;
    this.#shape = shape;
    this.#slotFloats = shape.layers * shape.keyValueHeads * shape.headDimension * shape.context;
    this.#keys = memory.allocate(slots * this.#slotFloats);
    this.#values = memory.allocate(slots * this.#slotFloats);
  }

  keys(slot: number, layer: number): number {
    return this.#keys + this.#offset(slot, layer);
  }

  values(slot: number, layer: number): number {
    return this.#values + this.#offset(slot, layer);
  }

  /** Stores the key at `source` and the value directly after it, each `[keyValueHeads, headDimension]`. */
  store(source: number, slot: number, layer: number, position: number): void {
    const { keyValueHeads, headDimension, context } = this.#shape;
    const { floats } = this.#memory;
    const width = keyValueHeads * headDimension;
    const inBlock = position % KEY_BLOCK;
    for (let head = 0; head < keyValueHeads; head++) {
      const from = source + head * headDimension;
      const start = this.#offset(slot, layer) + head * context * headDimension;
      const keys = this.#keys + start + (position - inBlock) * headDimension + inBlock;
      const values = this.#values + start + position * headDimension;
      for (let index = 0; index < headDimension; index++) {
        floats[keys + index * KEY_BLOCK] = floats[from + index] ?? 0;
        floats[values + index] = floats[from + width + index] ?? 0;
      }
    }
  }

  /** Copies the first `length` positions of one slot to another, rounded up to whole blocks. */
  copyPrefix(from: number, to: number, length: number): void {
    const { floats } = this.#memory;
    const headFloats = this.#shape.context * this.#shape.headDimension;
    const used = Math.ceil(length / KEY_BLOCK) * KEY_BLOCK * this.#shape.headDimension;
    for (const cache of [this.#keys, this.#values]) {
      const source = cache + from * this.#slotFloats;
      const target = cache + to * this.#slotFloats;
      for (let head = 0; head < this.#slotFloats; head += headFloats) {
        floats.copyWithin(target + head, source + head, source + head + used);
      }
    }
  }

  #offset(slot: number, layer: number): number {
    const { keyValueHeads, headDimension, context } = this.#shape;
    return slot * this.#slotFloats + layer * keyValueHeads * headDimension * context;
  }
}
