import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { type ConfigInput, loadConfig } from "../runtime/config/config.ts";
import { baseOf, pythonOf, trainerOf } from "../runtime/config/trained.ts";
import { trainingOf } from "./backends.ts";

const folder = mkdtempSync(join(tmpdir(), "agora-backends-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const models = [
  { name: "ant", model: "wren", endpoint: "pocket" },
  { name: "bee", model: "Qwen/Qwen3-1.7B", endpoint: "http://127.0.0.1:9/v1" },
];
const configOf = (overrides: ConfigInput = {}) =>
  loadConfig({ env: {}, checkpoints: [], overrides: { models, ...overrides } });

describe("a model is trained", () => {
  test("by the embedded engine if it is embedded, else in Python, unless `trainer` says otherwise", () => {
    const kinds = (overrides: ConfigInput): string[] => {
      const config = configOf(overrides);
      return config.models.map((model) => trainerOf(config, model));
    };
    expect(kinds({})).toEqual(["pocket", "peft"]);
    expect(kinds({ trainer: "peft" })).toEqual(["peft", "peft"]);
    expect(kinds({ trainer: "pocket" })).toEqual(["pocket", "pocket"]);
  });

  test("from its checkpoint, its id, or the base in trainFrom", () => {
    mkdirSync(join(folder, "local"));
    const [ant, bee] = configOf().models;
    if (ant === undefined || bee === undefined) throw new Error("two models were given");
    expect(baseOf(ant, "/checkpoints")).toBe("/checkpoints/wren");
    expect(baseOf(bee, "/checkpoints")).toBe("Qwen/Qwen3-1.7B");
    expect(baseOf({ ...bee, trainFrom: join(folder, "local") }, "/checkpoints")).toBe(join(folder, "local"));
  });

  test("by the configured Python, AGORA_PYTHON, or an existing one", () => {
    expect(pythonOf({ trainerPython: "/a" }, { AGORA_PYTHON: "/b" })).toBe("/a");
    expect(pythonOf({ trainerPython: undefined }, { AGORA_PYTHON: "/b" })).toBe("/b");
    expect(pythonOf({ trainerPython: undefined }, {})).toMatch(/python/);
  });
});

describe("training slots", () => {
  test("are the configured or detected GPUs; without a GPU their number is undefined", async () => {
    expect((await trainingOf(configOf({ trainerDevices: ["0", "2"] }), folder)).slots).toBe(2);
    vi.stubEnv("CUDA_VISIBLE_DEVICES", "3");
    expect((await trainingOf(configOf(), folder)).slots).toBe(1);
    expect((await trainingOf(configOf({ trainerDevices: [] }), folder)).slots).toBeUndefined();
    expect((await trainingOf(configOf({ lora: false }), folder)).slots).toBeUndefined();
  });

  test("an order is trained by the backend of its model", async () => {
    const config = configOf({ trainerPython: "/nowhere/python", trainerDevices: [] });
    const training = await trainingOf(config, folder);
    const order = (model: string) => ({
      ...{ job: `${model}@v1`, model, previous: undefined, samples: [{ prompt: "a", response: "b" }] },
      ...{ rank: 4, alpha: 8, dropout: 0, targets: ["q_proj"], learningRate: 0.1, epochs: 1, batchSize: 1 },
      ...{ seed: 1, slot: 0, output: join(folder, model) },
    });
    const { signal } = new AbortController();
    const failing = (model: string) => expect(training.train(order(model), signal, () => {})).rejects;
    await failing("ant").toMatchObject({ code: "checkpoint-unreadable", permanent: true });
    await failing("bee").toMatchObject({ code: "worker-unstartable", permanent: true });
  });
});
