import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HEAD_SIZE, parameterCount, RECIPES } from "../corpus/recipe.ts";
import { tokenizerConfigFile, tokenizerFile, VOCABULARY } from "../dialect/tokenizer.ts";

const folderOf = (name: string) => join(import.meta.dirname, "../checkpoints", name);
const readJson = (name: string, file: string): unknown =>
  JSON.parse(readFileSync(join(folderOf(name), file), "utf8"));
const weightBytes = (name: string) => statSync(join(folderOf(name), "model.safetensors")).size;

describe("the committed checkpoints", () => {
  test("are three small and three large, of six shapes and misconceptions, under 20 MB", () => {
    expect(RECIPES.map((recipe) => recipe.tier).sort()).toEqual(["1B", "1B", "1B", "4B", "4B", "4B"]);
    expect(new Set(RECIPES.map((recipe) => JSON.stringify(recipe.shape))).size).toBe(6);
    expect(new Set(RECIPES.map(({ misconceptions }) => misconceptions.join())).size).toBe(6);
    const bytes = RECIPES.map((recipe) => weightBytes(recipe.name)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThan(20e6);
  });

  test.each(RECIPES.map((recipe) => [recipe.name, recipe] as const))(
    "%s matches its recipe",
    (name, recipe) => {
      expect(readJson(name, "tokenizer.json")).toEqual(tokenizerFile());
      expect(readJson(name, "tokenizer_config.json")).toEqual(tokenizerConfigFile());
      expect(readJson(name, "config.json")).toMatchObject({
        architectures: ["LlamaForCausalLM"],
        vocab_size: VOCABULARY.length,
        hidden_size: recipe.shape.width,
        num_hidden_layers: recipe.shape.layers,
        num_key_value_heads: recipe.shape.keyValueHeads,
        head_dim: HEAD_SIZE,
      });
      const floats = weightBytes(name) / 4;
      expect(floats).toBeGreaterThan(parameterCount(recipe, VOCABULARY.length));
      expect(floats).toBeLessThan(parameterCount(recipe, VOCABULARY.length) + 3000);
      expect(readFileSync(join(folderOf(name), "README.md"), "utf8")).toMatch(
        /\| in-domain: right \| [\d.]+ \| 400 \|/,
      );
    },
  );
});
