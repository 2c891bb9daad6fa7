/** Writes the configuration's JSON Schema for editors: run `npm run reference` after a change. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { configSchema } from "./config-keys.ts";

export const SCHEMA_FILE = fileURLToPath(
  new URL("../../experiments/configs/config.schema.json", import.meta.url),
);

/** No key is required in a file: presets and defaults supply the rest. */
export const configJsonSchema = (): string => {
  const partial = configSchema.partial({ run: true, models: true });
  const schema = z.toJSONSchema(partial, { io: "input", target: "draft-7" });
  return `${JSON.stringify({ title: "A run of Agora", ...schema }, null, 2)}\n`;
};

if (import.meta.main) writeFileSync(SCHEMA_FILE, configJsonSchema());
