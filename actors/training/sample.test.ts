import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TrainingExample } from "../../machines/folds/example.ts";
import { loadPack } from "../../prompts/pack.ts";
import { loadConfig, type ModelConfig } from "../../runtime/config/config.ts";
import { sampleOf } from "./sample.ts";

const packOf = (name: string) => loadPack(join(import.meta.dirname, "../../prompts", name));
const askedIn = (pack: string, declared: Partial<ModelConfig> = {}) => {
  const model = (name: string) => ({ name, model: name, endpoint: "http://127.0.0.1:9/v1" });
  const models = [{ ...model("ant"), ...declared }, model("bee")] as ModelConfig[];
  return { config: loadConfig({ env: {}, overrides: { models } }), name: "ant", pack: packOf(pack) };
};
const about = { question: "q", text: "1+2", response: "as it was said" };
const examples: readonly TrainingExample[] = [
  { ...about, role: "solver", examples: "2+2?ans 4\nby head\n" },
  { ...about, role: "verifier", solution: "ans 3" },
  { ...about, role: "voter", first: "ans 3", second: "1+2=3 ans 3" },
  { ...about, role: "explainer", solution: "ans 3", remarks: "" },
];

describe("a sample", () => {
  test("has the prompt of its role in the model's own pack, and the response as written", () => {
    const samples = examples.map((example) => sampleOf(askedIn("pocket"), example));
    expect(samples.map(({ prompt }) => prompt)).toEqual([
      "2+2?ans 4\nby head\n1+2?",
      "check ans 3\n1+2?",
      "vote ans 3 or 1+2=3 ans 3\n1+2?",
      "explain ans 3\n\n1+2?",
    ]);
    expect(new Set(samples.map(({ response }) => response))).toEqual(new Set(["as it was said"]));
    for (const example of examples) {
      const { system, prompt } = sampleOf(askedIn("english"), example);
      expect(system).toBeDefined();
      expect(prompt).toContain("1+2");
    }
  });

  test("asks for plain text, like the response, even if the model replies in a schema", () => {
    const [, verdict] = examples;
    if (verdict === undefined) return;
    const structured = sampleOf(askedIn("english", { structured: true }), verdict);
    expect(structured).toEqual(sampleOf(askedIn("english"), verdict));
    expect(structured.prompt).not.toContain("JSON");
  });
});
