import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the committed pocket checkpoints lie: one folder each, in Hugging Face format. */
export const POCKET_FOLDER = fileURLToPath(new URL("../../pocket/checkpoints/", import.meta.url));

export const CHECKPOINT_FILES = ["config.json", "model.safetensors", "tokenizer.json"] as const;

/** Names of the pocket checkpoints in a folder, in alphabetical order; empty where the folder is absent. */
export function listCheckpoints(folder: string = POCKET_FOLDER): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  const holdsModel = (name: string) => existsSync(join(folder, name, "config.json"));
  return entries.flatMap((entry) => (entry.isDirectory() && holdsModel(entry.name) ? entry.name : [])).sort();
}
