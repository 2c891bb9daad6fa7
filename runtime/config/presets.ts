import type { Config, ConfigInput } from "./config-keys.ts";

export type PresetName = Config["preset"];

/** The embedded scale: four checkpoints that differ in shape and misconception, minutes on two cores. */
const pocket: ConfigInput = {
  models: ["wren", "mole", "otter", "heron"].map((name) => ({ name, model: name, endpoint: "pocket" })),
  pack: "pocket",
  task: "pocket",
  rounds: 60,
  updates: 3,
  questionsPerRound: 16,
  callTimeoutSeconds: 30,
  phaseTimeoutSeconds: 120,
  difficultyStart: 3,
  difficultyRate: 0.5,
  difficultyMin: 2,
  difficultyMax: 6,
  anchorEvery: 5,
  anchorSize: 100,
  bufferThreshold: 320,
  loraLearningRate: 1e-3,
  loraTargets: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
};

/** Values that go before the paper's defaults; a file and flags go before these. */
export const presets: Readonly<Record<PresetName, ConfigInput>> = { paper: {}, pocket };
