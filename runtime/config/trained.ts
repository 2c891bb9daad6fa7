/** The backend that trains a model, and the checkpoint it starts from. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isPath } from "../plugin/reference.ts";
import type { Config } from "./config-keys.ts";
import type { ModelConfig } from "./model-keys.ts";
import { TRAINERS } from "./trainer-keys.ts";

/** `module`: a backend of the user's own. */
export type TrainerKind = Exclude<(typeof TRAINERS)[number], "auto"> | "module";

export const trainerOf = ({ trainer }: Pick<Config, "trainer">, { endpoint }: ModelConfig): TrainerKind => {
  if (isPath(trainer)) return "module";
  const named = TRAINERS.find((kind) => kind === trainer) ?? "auto";
  if (named !== "auto") return named;
  return endpoint === "pocket" ? "pocket" : "peft";
};

/** A folder, or a Hugging Face id if no such folder exists. */
export const baseOf = (
  { model, endpoint, trainFrom }: ModelConfig,
  /** Folder of the pocket models. */
  checkpoints: string,
): string => {
  if (trainFrom === undefined && endpoint === "pocket") return join(checkpoints, model);
  const base = trainFrom ?? model;
  return existsSync(resolve(base)) ? resolve(base) : base;
};

/** In the working folder, as for an installed package, or in the checkout. */
const environmentPythons = (): string[] => [
  ...[resolve(".venv/bin/python"), fileURLToPath(new URL("../../.venv/bin/python", import.meta.url))],
];

/** The interpreter that trains: the configured one, AGORA_PYTHON, a virtual environment's, or the system's. */
export const pythonOf = (
  { trainerPython }: Pick<Config, "trainerPython">,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string =>
  trainerPython ??
  environment.AGORA_PYTHON ??
  environmentPythons().find((python) => existsSync(python)) ??
  "python3";
