/** The backend that trains a model, and the checkpoint it starts from. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "./config-keys.ts";
import type { ModelConfig } from "./model-keys.ts";

export type TrainerKind = Exclude<Config["trainer"], "auto">;

export const trainerOf = ({ trainer }: Pick<Config, "trainer">, { endpoint }: ModelConfig): TrainerKind => {
  if (trainer !== "auto") return trainer;
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

const repositoryPython = fileURLToPath(new URL("../../.venv/bin/python", import.meta.url));

/** The trainer's Python: the configured one, AGORA_PYTHON, the repository's .venv, or the system's. */
export const pythonOf = (
  { trainerPython }: Pick<Config, "trainerPython">,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string =>
  trainerPython ?? environment.AGORA_PYTHON ?? (existsSync(repositoryPython) ? repositoryPython : "python3");
