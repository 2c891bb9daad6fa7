/** The configurations of this folder name the paper's groups exactly, and start up to their endpoints. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { standardParts } from "../../cli/host/parts.ts";
import { type ConfigInput, loadConfig } from "../../runtime/config/config.ts";

const load = (name: string, overrides: ConfigInput = {}) =>
  loadConfig({ file: join(import.meta.dirname, `${name}.yaml`), env: {}, checkpoints: [], overrides });

const groups = {
  "1b": ["openbmb/BitCPM4-1B", "meta-llama/Llama-3.2-1B-Instruct", "google/gemma-3-1b-it"],
  "4b": ["google/gemma-3-4b-it", "Qwen/Qwen3-4B", "microsoft/Phi-4-mini-instruct"],
  mixed: ["openbmb/BitCPM4-1B", "Qwen/Qwen3-1.7B", "microsoft/Phi-4-mini-instruct", "google/gemma-3-4b-it"],
};

describe.each(Object.entries(groups))("%s", (name, ids) => {
  test("holds the paper's models, their capabilities declared", () => {
    const config = load(name);
    expect(config.models.map(({ model }) => model)).toEqual(ids);
    expect(config).toMatchObject({ preset: "paper", pack: "english", task: "math", bufferThreshold: 1024 });
    for (const { model, systemRole, thinking, contextLength, endpoint } of config.models) {
      expect(systemRole).toBe(!model.startsWith("google/"));
      expect(thinking).toBe(model.startsWith("Qwen/") ? "off" : "none");
      expect(contextLength).toBe(8192);
      expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:800\d\/v1$/);
    }
    expect(new Set(config.models.map(({ endpoint }) => endpoint)).size).toBe(ids.length);
  });

  test("names the missing file of problems", async () => {
    await expect(
      standardParts(load(name, { anchorFile: "nowhere/train.jsonl", benchmarks: [] })),
    ).rejects.toThrow(/^anchorFile: \S*nowhere\/train\.jsonl cannot be read/);
  });

  test("starts up to its endpoints, and names the one that cannot be reached", async () => {
    const folder = mkdtempSync(join(tmpdir(), "agora-config-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const anchorFile = join(folder, "anchor.jsonl");
    writeFileSync(anchorFile, '{"question": "1 + 1?", "answer": "2"}\n');
    const closed = "http://127.0.0.1:9/v1";
    const config = load(name, { anchorFile, benchmarks: [] });
    const models = config.models.map((model) => ({ ...model, endpoint: closed }));
    await expect(standardParts({ ...config, models })).rejects.toMatchObject({
      code: "model.unreachable",
      message: expect.stringMatching(/127\.0\.0\.1:9\/v1: no connection: .*ECONNREFUSED.*agora doctor/),
    });
  });
});
