import type { Config, ConfigInput } from "./config-keys.ts";

export type PresetName = Config["preset"];

/** Four embedded models that differ in shape and misconception; a run takes minutes on two cores. */
const pocket: ConfigInput = {
  models: ["wren", "mole", "otter", "heron"].map((name) => ({ name, model: name, endpoint: "pocket" })),
  pack: "pocket",
  task: "pocket",
  rounds: 200,
  updates: 3,
  questionsPerRound: 64,
  absentAfter: 64,
  callTimeoutSeconds: 30,
  phaseTimeoutSeconds: 120,
  patienceSeconds: 60,
  difficultyStart: 3,
  difficultySpread: 0.5,
  difficultyMin: 3,
  difficultyMax: 7,
  targetStart: 0.3,
  targetCap: 0.55,
  plateauWindow: 12,
  anchorEvery: 30,
  anchorSize: 200,
  anchorTolerance: 0.005,
  gateLevel: 0.01,
  bufferThreshold: 176,
  rehearsalShare: 0.15,
  loraLearningRate: 2e-3,
  loraDecay: 0.5,
  loraEpochs: 2,
  loraTargets: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
  trainingSlots: 2,
};

/** Values that override the paper's defaults; a file and flags override these. */
export const presets: Readonly<Record<PresetName, ConfigInput>> = { paper: {}, pocket };
