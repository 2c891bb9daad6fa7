/**
 * Continuous batching: sequences join and leave the batch between forward passes.
 *
 * 1. A slot has at most one sequence. `cached` lists the tokens whose keys and values the slot stores, also after its
 *    sequence has left.
 * 2. A new sequence reuses the longest prefix that a slot with the same weights has, in place or by a copy. If that
 *    slot is still computing the prefix, the sequence waits, so identical prompts need one prefill.
 * 3. At least the prompt's last token is computed, because its logits are needed. A prompt to be scored reuses
 *    nothing.
 * 4. A pass has at most `rowLimit` rows; decoding sequences come first, then prompts.
 * 5. A sequence's samples never depend on the other sequences (`kernels.ts`, invariant 3; `sampler.ts`).
 */

import type { PackedWeights } from "./kernels/packed-weights.ts";
import type { Network, RowGroup } from "./network.ts";
import type { Sequence } from "./sequence.ts";

interface Slot {
  readonly index: number;
  sequence: Sequence | undefined;
  weights: PackedWeights | undefined;
  /** Tokens whose keys and values the slot stores, from position 0. */
  cached: readonly number[];
  /** The slot and sequence whose first `shared` positions this slot will copy when they are computed. */
  source: { readonly slot: Slot; readonly sequence: Sequence; readonly shared: number } | undefined;
  /** Turn in which the last sequence left; the least recently used slot is taken first. */
  leftAt: number;
}

/** Minimum length of a prefix to reuse; copying a shorter one costs more than it saves [tokens]. */
const WORTH_SHARING = 4;

interface Share {
  readonly slot: Slot;
  readonly length: number;
}

export class Batcher {
  readonly #network: Network;
  readonly #slots: readonly Slot[];
  readonly #rowLimit: number;
  readonly #waiting: Sequence[] = [];
  readonly #rows: { readonly tokens: Int32Array; readonly positions: Int32Array; readonly slots: Int32Array };
  #turn = 0;

  constructor(network: Network, slotCount: number, rowLimit: number) {
    this.#network = network;
    this.#rowLimit = rowLimit;
    this.#slots = Array.from({ length: slotCount }, (_, index) => emptySlot(index));
    const rowArray = (): Int32Array => new Int32Array(rowLimit);
    this.#rows = { tokens: rowArray(), positions: rowArray(), slots: rowArray() };
  }

  get idle(): boolean {
    return this.#waiting.length === 0 && this.#slots.every(({ sequence }) => sequence === undefined);
  }

  add(sequence: Sequence): void {
    this.#waiting.push(sequence);
  }

  /** Removes the sequence without calling its listener. */
  abort(sequence: Sequence): void {
    const position = this.#waiting.indexOf(sequence);
    if (position >= 0) this.#waiting.splice(position, 1);
    const slot = this.#slots.find((candidate) => candidate.sequence === sequence);
    if (slot !== undefined) this.#leave(slot);
  }

  /** Empties the batch and returns its sequences. */
  clear(): Sequence[] {
    const all = this.#all();
    for (const sequence of all) this.abort(sequence);
    return all;
  }

  #all(): Sequence[] {
    return [...this.#slots.flatMap(({ sequence }) => sequence ?? []), ...this.#waiting];
  }

  /** Call before releasing weights: drops their cached prefixes and returns the sequences that used them. */
  forget(weights: PackedWeights): Sequence[] {
    const users = this.#all().filter((sequence) => sequence.weights === weights);
    for (const sequence of users) this.abort(sequence);
    for (const slot of this.#slots) if (slot.weights === weights) slot.cached = [];
    return users;
  }

  /** Runs one forward pass: admits sequences, computes, samples, and notifies the listeners of finished sequences. */
  step(): void {
    this.#turn++;
    this.#admit();
    const parts = this.#plan();
    if (parts.length === 0) return;
    this.#run(parts);
  }

  #admit(): void {
    while (this.#waiting.length > 0) {
      const free = this.#slots.filter(({ sequence }) => sequence === undefined);
      if (free.length === 0) return;
      const sequence = this.#waiting.shift();
      if (sequence !== undefined) this.#place(sequence, free);
    }
  }

  #place(sequence: Sequence, free: readonly Slot[]): void {
    const share = sequence.scoresPrompt ? undefined : this.#longestShare(sequence);
    const oldest = free.reduce((best, slot) => (slot.leftAt < best.leftAt ? slot : best));
    const slot = share !== undefined && share.slot.sequence === undefined ? share.slot : oldest;
    slot.sequence = sequence;
    slot.weights = sequence.weights;
    slot.source = undefined;
    slot.cached = [];
    if (share === undefined) return;
    if (share.slot === slot) sequence.filled = share.length;
    else this.#shareFrom(slot, sequence, share);
  }

  #shareFrom(slot: Slot, sequence: Sequence, { slot: source, length }: Share): void {
    const owner = source.sequence;
    if (owner === undefined || owner.filled >= length) this.#copy(source, slot, sequence, length);
    else slot.source = { slot: source, sequence: owner, shared: length };
  }

  #copy(source: Slot, slot: Slot, sequence: Sequence, length: number): void {
    this.#network.copyPrefix(source.index, slot.index, length);
    sequence.filled = length;
  }

  /** The slot with the same weights that has, or will have, the longest prefix of the prompt. */
  #longestShare(sequence: Sequence): Share | undefined {
    let best: Share | undefined;
    for (const slot of this.#slots) {
      if (slot.weights !== sequence.weights) continue;
      const held = slot.sequence?.tokens ?? slot.cached;
      const length = commonPrefix(held, sequence.tokens);
      if (length >= WORTH_SHARING && length > (best?.length ?? 0)) best = { slot, length };
    }
    return best;
  }

  /** The number of rows that each slot computes in this pass, grouped by weights. */
  #plan(): { slot: Slot; rows: number }[] {
    const ready = this.#slots.filter(
      (slot) => slot.sequence !== undefined && this.#sourceReady(slot, slot.sequence),
    );
    const pendingOf = ({ sequence }: Slot): number => sequence?.pending ?? 0;
    ready.sort((a, b) => Math.min(2, pendingOf(a)) - Math.min(2, pendingOf(b)));
    const parts: { slot: Slot; rows: number }[] = [];
    let room = this.#rowLimit;
    for (const slot of ready) {
      const rows = Math.min(room, pendingOf(slot));
      if (rows > 0) parts.push({ slot, rows });
      room -= rows;
    }
    return groupByWeights(parts);
  }

  /** Copies the awaited prefix when it is computed; if its owner has left early, copies the part that is left. */
  #sourceReady(slot: Slot, sequence: Sequence): boolean {
    if (slot.source === undefined) return true;
    const { slot: source, sequence: owner, shared } = slot.source;
    const owned = source.sequence === owner;
    if (owned && owner.filled < shared) return false;
    slot.source = undefined;
    const left = source.sequence === undefined && source.weights === slot.weights ? source.cached : [];
    const length = owned ? shared : commonPrefix(left, sequence.tokens);
    if (length > 0) this.#copy(source, slot, sequence, length);
    return true;
  }

  #run(parts: readonly { slot: Slot; rows: number }[]): void {
    const groups: { weights: PackedWeights; start: number; end: number }[] = [];
    const wanted: number[] = [];
    const readers: { slot: Slot; sequence: Sequence; position: number }[] = [];
    let count = 0;
    for (const { slot, rows } of parts) {
      const { sequence } = slot;
      if (sequence === undefined) continue;
      extendGroups(groups, sequence.weights, count, rows);
      for (let index = 0; index < rows; index++, count++) {
        const position = sequence.filled++;
        this.#setRow(count, sequence.tokens[position] ?? 0, position, slot.index);
        if (!sequence.scoresPrompt && sequence.pending > 0) continue;
        wanted.push(count);
        readers.push({ slot, sequence, position });
      }
    }
    this.#network.forward({ ...this.#rows, count, groups, wanted });
    for (const [index, reader] of readers.entries()) this.#read(reader, this.#network.logits(index));
  }

  #setRow(row: number, token: number, position: number, slot: number): void {
    this.#rows.tokens[row] = token;
    this.#rows.positions[row] = position;
    this.#rows.slots[row] = slot;
  }

  #read(
    { slot, sequence, position }: { slot: Slot; sequence: Sequence; position: number },
    logits: Float32Array,
  ): void {
    if (sequence.scoresPrompt) sequence.score(logits, position);
    if (position + 1 < sequence.tokens.length) return;
    const generation = sequence.advance(logits);
    if (generation === undefined) return;
    this.#leave(slot);
    sequence.listener.onDone(generation);
  }

  #leave(slot: Slot): void {
    const { sequence } = slot;
    slot.cached = sequence === undefined ? [] : sequence.tokens.slice(0, sequence.filled);
    slot.sequence = undefined;
    slot.source = undefined;
    slot.leftAt = this.#turn;
  }
}

const emptySlot = (index: number): Slot => ({
  index,
  sequence: undefined,
  weights: undefined,
  cached: [],
  source: undefined,
  leftAt: 0,
});

/** Length of the common prefix, but at least one token of `tokens` remains to be computed. */
const commonPrefix = (held: readonly number[], tokens: readonly number[]): number => {
  const maximum = Math.min(held.length, tokens.length - 1);
  let length = 0;
  while (length < maximum && held[length] === tokens[length]) length++;
  return length;
};

const groupByWeights = <Part extends { readonly slot: Slot }>(parts: readonly Part[]): Part[] =>
  [...Map.groupBy(parts, ({ slot }) => slot.weights).values()].flat();

const extendGroups = (
  groups: { weights: PackedWeights; start: number; end: number }[],
  weights: PackedWeights,
  start: number,
  rows: number,
): readonly RowGroup[] => {
  const last = groups.at(-1);
  if (last?.weights === weights) last.end += rows;
  else groups.push({ weights, start, end: start + rows });
  return groups;
};
