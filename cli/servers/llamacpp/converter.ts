/** llama.cpp's converter of adapters, `convert_lora_to_gguf.py`, or a program with its options. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { RequestError } from "../../../pocket/server/errors.ts";
import { withoutSecrets } from "../../../runtime/worker-environment.ts";

const run = promisify(execFile);

/** Longest time for one adapter; importing PyTorch takes most of it [ms]. */
const TIME_LIMIT = 600_000;

/** Characters of the converter's last words that an error shows. */
const SHOWN = 500;

export interface Converter {
  readonly command: readonly string[];
  /** Folder of the base model's configuration, or its id on the Hugging Face hub. */
  readonly base: string;
}

const unusable = (folder: string, reason: string): RequestError =>
  new RequestError(400, "adapter_unusable", `No usable LoRA adapter in '${folder}': ${reason}`, "lora_path");

/** Writes the adapter of a PEFT folder into a GGUF file, in single precision. @throws RequestError 400 */
export const convert = async ({ command, base }: Converter, folder: string, file: string): Promise<void> => {
  // Without this file the converter would read a pickle.
  if (!existsSync(join(folder, "adapter_model.safetensors")))
    throw unusable(folder, "adapter_model.safetensors is missing");
  const [program = "", ...rest] = command;
  const from = [existsSync(base) ? "--base" : "--base-model-id", base];
  const env = withoutSecrets(process.env);
  try {
    await run(program, [...rest, ...from, "--outtype", "f32", "--outfile", file, folder], {
      env,
      timeout: TIME_LIMIT,
    });
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    throw unusable(folder, `${command.join(" ")} failed: ${(stderr.trim() || message).slice(-SHOWN)}`);
  }
};
