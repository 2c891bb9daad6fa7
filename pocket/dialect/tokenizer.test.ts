import { Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, test } from "vitest";
import { loadPack } from "../../prompts/pack.ts";
import { corpus } from "../corpus/corpus.ts";
import { findRecipe } from "../corpus/recipe.ts";
import { decode, encode, tokenizerConfigFile, tokenizerFile, UNKNOWN, VOCABULARY } from "./tokenizer.ts";

const pack = loadPack(`${import.meta.dirname}/../../prompts/pocket`);
const dialogues = [...corpus(findRecipe("wren"), pack, 60_000)];

describe("the tokenizer", () => {
  test("has under 100 tokens and restores every dialogue exactly", () => {
    expect(VOCABULARY.length).toBeLessThan(100);
    expect(new Set(VOCABULARY).size).toBe(VOCABULARY.length);
    for (const { tokens } of dialogues) {
      const text = decode(tokens);
      expect(tokens).not.toContain(UNKNOWN);
      expect(encode(text)).toEqual(tokens.slice(1, -1));
    }
  });

  test("equals the `tokenizers` library with its files", () => {
    const library = new Tokenizer(tokenizerFile(), tokenizerConfigFile());
    for (const { tokens } of dialogues.slice(0, 200)) {
      const text = decode(tokens);
      expect(library.encode(text, { add_special_tokens: false }).ids).toEqual(tokens.slice(1, -1));
      expect(library.encode(text).ids).toEqual(tokens.slice(0, -1));
      expect(library.decode([...tokens], { skip_special_tokens: true })).toBe(text);
    }
  });

  test("foreign text becomes the unknown token, and never throws", () => {
    expect(encode("Ω7 ")).toEqual([UNKNOWN, encode("7")[0], encode(" ")[0]]);
    expect(encode("zebra")).toEqual([UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]);
  });
});
