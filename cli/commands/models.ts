/** `agora models`: the embedded checkpoints, from their own files; nothing is downloaded. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { listCheckpoints, POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";

interface Listed {
  readonly name: string;
  readonly parameters: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
}

/** The weights are float32. */
const bytesPerParameter = 4;

const factsOf = (name: string): Listed => {
  const folder = join(POCKET_FOLDER, name);
  const shape: Readonly<Record<string, number>> = JSON.parse(
    readFileSync(join(folder, "config.json"), "utf8"),
  );
  const { hidden_size: width = 0, num_hidden_layers: layers = 0, num_attention_heads: heads = 0 } = shape;
  const parameters = Math.round(statSync(join(folder, "model.safetensors")).size / bytesPerParameter);
  return { name, parameters, width, layers, heads };
};

const lineOf = ({ name, parameters, width, layers, heads }: Listed): string => {
  const size = `${(parameters / 1000).toFixed(0)}k parameters`;
  return `${name.padEnd(10)} ${size.padEnd(18)} width ${width}, ${layers} layers, ${heads} heads`;
};

export const listModels = (flags: OutputFlags): void => {
  const models = listCheckpoints().map(factsOf);
  new Output(flags).show(models, () => models.map(lineOf).join("\n"));
};
