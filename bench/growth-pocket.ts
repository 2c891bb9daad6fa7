/** Eight pocket models without training: the six checkpoints, the first two of them twice. */
import { standardParts } from "../cli/host/parts.ts";
import type { ConfigInput } from "../runtime/config/config-keys.ts";
import { type Outcome, type Panels, playSociety, unchanging } from "./growth-society.ts";

const checkpoints = ["heron", "lynx", "mole", "newt", "otter", "wren"] as const;

const models: ConfigInput["models"] = [
  ...checkpoints.map((name) => ({ name, model: name, endpoint: "pocket" as const })),
  ...checkpoints.slice(0, 2).map((model) => ({ name: `${model}-2`, model, endpoint: "pocket" as const })),
];

/** 60 rounds of 10 questions. */
const extent: ConfigInput = { rounds: 60, questionsPerRound: 10 };

export const playPocket = (seed: number, panels: Panels): Promise<Outcome> =>
  playSociety({ ...unchanging, ...extent, ...panels, models, seed }, standardParts);
