/** Checks adapters that are already finished: a folder appears only once it is complete. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { TrainingError } from "../runtime/training.ts";

export const isFinished = (folder: string): boolean => existsSync(join(folder, "adapter_model.safetensors"));

const hashesSchema = z.record(z.string(), z.string());

/** Name of the first file whose hash differs; folders without `hashes.json` are not checked. */
const damageOf = (folder: string): string | undefined => {
  const path = join(folder, "hashes.json");
  if (!existsSync(path)) return undefined;
  try {
    const hashes = hashesSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    return Object.entries(hashes).find(([name, expected]) => sha256(join(folder, name)) !== expected)?.[0];
  } catch {
    return "hashes.json";
  }
};

const sha256 = (path: string): string | undefined =>
  existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : undefined;

/** @throws TrainingError `output-corrupt`. */
export const requireWhole = (folder: string): void => {
  const damaged = damageOf(folder);
  if (damaged === undefined) return;
  const problem = `the adapter in ${folder} is damaged: the hash of ${damaged} differs from the recorded one`;
  throw new TrainingError("output-corrupt", problem, {
    fix: "remove the folder to train it again",
    permanent: true,
  });
};
