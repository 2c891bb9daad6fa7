import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the committed pocket checkpoints: one subfolder each, in Hugging Face format. */
export const POCKET_FOLDER = fileURLToPath(new URL("../../pocket/checkpoints/", import.meta.url));

export const CHECKPOINT_FILES = ["config.json", "model.safetensors", "tokenizer.json"] as const;

/** Names of the pocket checkpoints in a folder, sorted; empty if the folder does not exist. */
export const listCheckpoints = (folder: string = POCKET_FOLDER): string[] => {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  const holdsModel = (name: string) => existsSync(join(folder, name, "config.json"));
  return entries.flatMap((entry) => (entry.isDirectory() && holdsModel(entry.name) ? entry.name : [])).sort();
};
