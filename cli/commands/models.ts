/** `agora models`: the embedded checkpoints, from their own files; nothing is downloaded. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { listCheckpoints, POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";

const line = (name: string): string => {
  const folder = join(POCKET_FOLDER, name);
  const shape: Record<string, unknown> = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const kilobytes = statSync(join(folder, "model.safetensors")).size / 1000;
  const parameters = `${(kilobytes / 4).toFixed(0)}k parameters`;
  const { hidden_size: width, num_hidden_layers: layers, num_attention_heads: heads } = shape;
  return `${name.padEnd(10)} ${parameters.padEnd(18)} width ${width}, ${layers} layers, ${heads} heads`;
};

export const modelsCommand = new Command("models").description("List the embedded models.").action(() => {
  for (const name of listCheckpoints()) process.stdout.write(`${line(name)}\n`);
});
