/** Tells one checkpoint from another by its weights. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** SHA-256 of a checkpoint's weights, or undefined where there is none. */
export const fingerprintOf = (checkpoint: string): string | undefined => {
  const weights = join(checkpoint, "model.safetensors");
  return existsSync(weights) ? createHash("sha256").update(readFileSync(weights)).digest("hex") : undefined;
};
