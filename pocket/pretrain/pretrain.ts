/**
 * `npm run pretrain -- <model>`: renders the model's seeded corpus with the prompt pack, trains the model with
 * PyTorch, evaluates it and writes `pocket/checkpoints/<model>/`. `--help` lists the options.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { loadPack } from "../../prompts/pack.ts";
import { findRecipe, RECIPES, UnknownModelError } from "../corpus/recipe.ts";
import { cardText } from "./card.ts";
import type { Hyperparameters } from "./job.ts";
import { type Figures, measure } from "./measure.ts";
import { PythonError, runPython } from "./python.ts";

const HERE = import.meta.dirname;

type Options = Partial<Hyperparameters> & { readonly output?: string; readonly measureOnly?: boolean };

const pretrain = async (name: string, options: Options): Promise<void> => {
  const recipe = findRecipe(name);
  const pack = loadPack(join(HERE, "../../prompts/pocket"));
  const output = resolve(options.output ?? join(HERE, "../checkpoints", name));
  const settings = { ...recipe.training, threads: 1, ...definedOf(options) };
  const scratch = mkdtempSync(join(tmpdir(), "agora-pretrain-"));
  try {
    if (!options.measureOnly) {
      const { writeJob, writeTokenizer } = await import("./job.ts");
      writeJob(recipe, settings, pack, scratch, output);
      runPython([join(HERE, "pretrain.py"), scratch]);
      writeTokenizer(output);
    }
    const figures = measure(output, pack, scratch);
    writeFileSync(join(output, "README.md"), cardText(recipe, settings, figures));
    print(figures);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

const definedOf = ({
  millionTokens,
  learningRate,
  batchTokens,
  threads,
}: Options): Partial<Hyperparameters> => {
  const given = Object.entries({ millionTokens, learningRate, batchTokens, threads });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
};

const print = (figures: Figures): void => {
  for (const [name, { share, count }] of figures)
    console.log(`${name.padEnd(48)} ${(100 * share).toFixed(1).padStart(5)} % of ${count}`);
};

const program = new Command("pretrain")
  .description("Trains a pocket model from scratch")
  .argument("<model>", `one of ${RECIPES.map((recipe) => recipe.name).join(", ")}`)
  .option("--million-tokens <n>", "corpus size in million tokens", Number)
  .option("--learning-rate <n>", "peak learning rate", Number)
  .option("--batch-tokens <n>", "padded tokens per step", Number)
  .option("--threads <n>", "number of CPU threads", Number)
  .option("--output <folder>", "folder of the checkpoint")
  .option("--measure-only", "only evaluate a checkpoint and rewrite its model card");

program.action(async (name: string, options: Options) => {
  try {
    await pretrain(name, options);
  } catch (error) {
    if (!(error instanceof PythonError || error instanceof UnknownModelError)) throw error;
    console.error(`${error.code}: ${error.message}`);
    process.exitCode = 1;
  }
});
await program.parseAsync();
