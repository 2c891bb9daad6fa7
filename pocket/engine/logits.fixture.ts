import type { Checkpoint } from "./checkpoint.ts";
import { FloatMemory } from "./kernels/float-memory.ts";
import { Network } from "./network.ts";

/** Logits of every position, by the engine's own forward pass in single precision. `[tokens][vocabulary]` */
export const logitsOf = (checkpoint: Checkpoint, tokens: readonly number[]): number[][] => {
  const count = tokens.length;
  const network = new Network(new FloatMemory(), checkpoint, 1, count);
  const positions = Int32Array.from(tokens, (_, position) => position);
  const groups = [{ weights: network.pack(checkpoint), start: 0, end: count }];
  const rows = { count, tokens: Int32Array.from(tokens), positions, slots: new Int32Array(count), groups };
  network.forward({ ...rows, wanted: [...positions] });
  return tokens.map((_, position) => [...network.logits(position)]);
};
