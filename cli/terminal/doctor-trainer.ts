/** Checks of training: the packages and devices of the Python worker, and the base checkpoints. */
import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import type { Config, ModelConfig } from "../../runtime/config/config.ts";
import { baseOf, pythonOf, trainerOf } from "../../runtime/config/trained.ts";
import { withoutSecrets } from "../../runtime/worker-environment.ts";
import { type Check, failed, passed, reasonOf } from "./doctor-check.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const run = promisify(execFile);
const PACKAGE = fileURLToPath(new URL("../../trainer/", import.meta.url));
/** Importing PyTorch is slow. */
const TIMEOUT_MILLISECONDS = 120_000;

/** The output of `python -m agora_trainer --check`. */
const examinationSchema = z.object({
  versions: z.record(z.string(), z.string()),
  lacking: z.array(z.string()),
  devices: z.array(z.string()),
});
type Examination = z.infer<typeof examinationSchema>;

/** Empty if the worker trains nothing. `checkpoints`: folder of the pocket models. */
export const diagnoseTrainer = async (
  config: Config,
  environment: Environment,
  checkpoints: string,
): Promise<Check[]> => {
  const models = config.models.filter((model) => model.adapters && trainerOf(config, model) === "peft");
  if (!config.lora || models.length === 0) return [];
  const python = pythonOf(config, environment);
  const bases = models.map((model) => checkBase(model, baseOf(model, checkpoints)));
  return Promise.all([checkPython(python, config), ...bases]);
};

const checkPython = async (python: string, config: Config): Promise<Check> => {
  const name = `trainer ${python}`;
  const install = `${python} -m pip install -r ${join(PACKAGE, "constraints.txt")}`;
  try {
    const { versions, lacking, devices } = await examine(python);
    if (lacking.length > 0) return failed(name, `lacks ${lacking.join(", ")}`, install);
    if (config.trainerPrecision === "4bit" && !versions.bitsandbytes)
      return failed(name, "lacks bitsandbytes, which 4bit needs", `${python} -m pip install bitsandbytes`);
    const untold = config.trainerTrackers.filter((tracker) => !versions[tracker]);
    if (untold.length > 0)
      return failed(
        name,
        `lacks ${untold.join(", ")}, which trainerTrackers needs`,
        `${python} -m pip install ${untold.join(" ")}`,
      );
    const faster = versions["liger-kernel"]
      ? ""
      : "; faster with liger-kernel (pip install liger-kernel==0.8.5)";
    const where = devices.length === 0 ? "no CUDA device: trains on the CPU" : devices.join(", ") + faster;
    return passed(name, `torch ${versions.torch}, transformers ${versions.transformers}; ${where}`);
  } catch (error) {
    const fix = `set trainerPython to a Python, or make one: python3 -m venv .venv && .venv/bin/pip install -r ${join(PACKAGE, "constraints.txt")}`;
    return failed(name, `cannot be run: ${reasonOf(error).split("\n", 1)[0]}`, fix);
  }
};

const examine = async (python: string): Promise<Examination> => {
  const { stdout } = await run(python, ["-m", "agora_trainer", "--check"], {
    env: { ...withoutSecrets(process.env), PYTHONPATH: PACKAGE },
    timeout: TIMEOUT_MILLISECONDS,
  });
  return examinationSchema.parse(JSON.parse(stdout));
};

/** `owner/model` is an id on the hub; everything else is a folder. */
const isHubId = (base: string): boolean => !isAbsolute(base) && /^[\w.-]+\/[\w.-]+$/.test(base);

const checkBase = async ({ name, model }: ModelConfig, base: string): Promise<Check> => {
  const check = `base of ${name}`;
  if (isHubId(base))
    return passed(check, `${base}, from the hub's cache, or downloaded for the first training`);
  try {
    await access(join(base, "config.json"));
    return passed(check, base);
  } catch {
    const fix = `set ${name}'s trainFrom to the folder or the hub id of the checkpoint that ${model} is served from`;
    return failed(check, `${base} is not a checkpoint: it has no config.json`, fix);
  }
};
