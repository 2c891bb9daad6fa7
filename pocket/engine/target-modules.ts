/** The linear layers of a block, which adapters change, by their names in the checkpoint. */
export const TARGET_MODULES = [
  "q_proj",
  "k_proj",
  "v_proj",
  "o_proj",
  "gate_proj",
  "up_proj",
  "down_proj",
] as const;
export type TargetModule = (typeof TARGET_MODULES)[number];
