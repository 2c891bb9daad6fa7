import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PromptPack } from "../../prompts/pack.ts";
import { corpus } from "../corpus/corpus.ts";
import type { Recipe, Training } from "../corpus/recipe.ts";
import { CONTEXT_LENGTH, tokenizerConfigFile, tokenizerFile, VOCABULARY } from "../dialect/tokenizer.ts";

/** Base of the rotary positions. It is small because contexts are short and heads narrow. */
const THETA = 500;

export interface Hyperparameters extends Training {
  /** Number of CPU threads. */
  readonly threads: number;
}

/** Writes the input of pretrain.py: the corpus as three arrays, and job.json. */
export const writeJob = (
  recipe: Recipe,
  settings: Hyperparameters,
  pack: PromptPack,
  folder: string,
  output: string,
): void => {
  writeCorpus(recipe, settings.millionTokens * 1e6, pack, folder);
  writeJson(join(folder, "job.json"), {
    ...settings,
    shape: recipe.shape,
    seed: recipe.seed,
    vocabulary: VOCABULARY.length,
    context: CONTEXT_LENGTH,
    theta: THETA,
    output,
  });
};

/** Concatenates the dialogues: tokens and loss weights (one byte each), and lengths (16 bits). */
const writeCorpus = (recipe: Recipe, budget: number, pack: PromptPack, folder: string): void => {
  const tokens: number[] = [];
  const weights: number[] = [];
  const lengths: number[] = [];
  for (const dialogue of corpus(recipe, pack, budget)) {
    for (const token of dialogue.tokens) tokens.push(token);
    for (const weight of dialogue.weights) weights.push(weight);
    lengths.push(dialogue.tokens.length);
  }
  writeFileSync(join(folder, "tokens.u8"), Uint8Array.from(tokens));
  writeFileSync(join(folder, "weights.u8"), Uint8Array.from(weights));
  writeFileSync(join(folder, "lengths.u16"), Uint16Array.from(lengths));
};

/** Writes the files of a checkpoint except the weights and config.json. */
export const writeTokenizer = (folder: string): void => {
  mkdirSync(folder, { recursive: true });
  writeJson(join(folder, "tokenizer.json"), tokenizerFile());
  writeJson(join(folder, "tokenizer_config.json"), tokenizerConfigFile());
  writeJson(join(folder, "generation_config.json"), {
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: 0,
    do_sample: true,
    temperature: 0.6,
    top_p: 0.95,
  });
};

const writeJson = (file: string, value: object): void => {
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
};
