/** A checkpoint's weights in kernel memory, packed in panels (see `kernels.ts`, invariant 2). */
import type { Checkpoint, LayerWeights, Matrix } from "../checkpoint.ts";
import type { FloatMemory } from "./float-memory.ts";
import { PANEL } from "./layout.ts";

/** Positions in floats. */
export interface PackedLayer {
  /** `[hidden → query, key, value]` */
  readonly attentionIn: number;
  /** `[attention → hidden]` */
  readonly attentionOut: number;
  /** `[hidden → gate, up]` */
  readonly feedIn: number;
  /** `[intermediate → hidden]` */
  readonly feedOut: number;
}

/** The linear layers of the base model or of one adapter merged into it. */
export interface PackedWeights {
  readonly layers: readonly PackedLayer[];
  release(): void;
}

export const padded = (columns: number): number => Math.ceil(columns / PANEL) * PANEL;

export const packWeights = (memory: FloatMemory, checkpoint: Checkpoint): PackedWeights => {
  const blocks: { start: number; length: number }[] = [];
  const store = (...matrices: Matrix[]): number => {
    const panels = packPanels(matrices);
    const start = memory.store(panels);
    blocks.push({ start, length: panels.length });
    return start;
  };
  const packLayer = ({ projections }: LayerWeights): PackedLayer => ({
    attentionIn: store(projections.q_proj, projections.k_proj, projections.v_proj),
    attentionOut: store(projections.o_proj),
    feedIn: store(projections.gate_proj, projections.up_proj),
    feedOut: store(projections.down_proj),
  });
  return {
    layers: checkpoint.layers.map(packLayer),
    release: () => {
      for (const { start, length } of blocks.splice(0)) memory.release(start, length);
    },
  };
};

/** Packs matrices `[outputs, inputs]` of equal inputs side by side into `[ceil(columns / 8), inputs, 8]`. */
export const packPanels = (matrices: readonly Matrix[]): Float32Array => {
  const inputs = matrices[0]?.inputs ?? 0;
  const columns = matrices.reduce((sum, { outputs }) => sum + outputs, 0);
  const panels = new Float32Array(padded(columns) * inputs);
  let column = 0;
  for (const { outputs, data } of matrices) {
    for (let output = 0; output < outputs; output++, column++) {
      const panel = Math.floor(column / PANEL) * inputs * PANEL + (column % PANEL);
      for (let input = 0; input < inputs; input++) {
        panels[panel + input * PANEL] = data[output * inputs + input] ?? 0;
      }
    }
  }
  return panels;
};

/** `w[column, k]` of an `inner` by `columns` product is at `column * columnStride + k * innerStride` in the source. */
export interface Layout {
  readonly columns: number;
  readonly inner: number;
  readonly columnStride: number;
  readonly innerStride: number;
}

/** Writes one matrix as panels `[ceil(columns / 8), inner, 8]` into `panels`; missing columns are not changed. */
export const packInto = (panels: Float32Array, source: Float32Array, layout: Layout, factor = 1): void => {
  const { columns, inner, columnStride, innerStride } = layout;
  for (let column = 0; column < columns; column++) {
    const panel = Math.floor(column / PANEL) * inner * PANEL + (column % PANEL);
    for (let k = 0; k < inner; k++)
      panels[panel + k * PANEL] = factor * (source[column * columnStride + k * innerStride] ?? 0);
  }
};
