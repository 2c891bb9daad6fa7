/** What trains a model, and from which checkpoint. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isPath } from "../plugin/reference.ts";
import { type Config, TRAINERS } from "./config-keys.ts";
import type { ModelConfig } from "./model-keys.ts";

/** `module`: a backend of the user's own. */
export type TrainerKind = Exclude<(typeof TRAINERS)[number], "auto"> | "module";

export const trainerOf = ({ trainer }: Pick<Config, "trainer">, { endpoint }: ModelConfig): TrainerKind => {
  if (isPath(trainer)) return "module";
  const named = TRAINERS.find((kind) => kind === trainer) ?? "auto";
  if (named !== "auto") return named;
  return endpoint === "pocket" ? "pocket" : "peft";
};

/** A folder, or an id on the hub where no folder has that name. */
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

/** The interpreter that trains: the configured one, AGORA_PYTHON, the repository's, or the system's. */
export const pythonOf = (
  { trainerPython }: Pick<Config, "trainerPython">,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string =>
  trainerPython ?? environment.AGORA_PYTHON ?? (existsSync(repositoryPython) ? repositoryPython : "python3");
