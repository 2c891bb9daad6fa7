import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import { findShape } from "./find-shape.ts";
import { KNOWN_SHAPES } from "./known-shapes.ts";
import { GIB } from "./memory.ts";
import type { State } from "./plan.ts";
import { shapeOf } from "./shape.ts";
import { statesOf, unknownWeights } from "./states.ts";

const known = (id: string) => (KNOWN_SHAPES[id] === undefined ? undefined : shapeOf(KNOWN_SHAPES[id]));
const load = (name: string, overrides: ConfigInput = {}) => {
  const file = fileURLToPath(new URL(`../../experiments/configs/${name}.yaml`, import.meta.url));
  return loadConfig({ file, env: {}, checkpoints: [], overrides });
};
const plan = (config: ReturnType<typeof load>, ...sizes: number[]): State[] =>
  statesOf({ config, gpus: sizes.map((size) => size * GIB), shapeOf: known });
const unfit = (states: readonly State[]) => states.filter(({ fits }) => !fits);
const named = (states: readonly State[], name: string): State => {
  const found = states.find((state) => state.name === name);
  if (found === undefined)
    throw new Error(`no ${name} among ${states.map((state) => state.name).join("; ")}`);
  return found;
};

/** A model on a server of its own on GPU 0. */
const one = (model: string, server: object, more: object = {}, run: object = {}): ReturnType<typeof load> =>
  loadConfig({
    ...{ env: {}, checkpoints: [] },
    overrides: {
      preset: "paper",
      models: [{ name: "m", model, endpoint: "http://127.0.0.1:8001/v1", contextLength: 8192, ...more }],
      servers: [{ name: "s", kind: "vllm", port: 8001, ...server }],
      ...run,
    } as ConfigInput,
  });
const QWEN = "Qwen/Qwen3-4B";

describe("the paper's groups", () => {
  test.each(["1b", "4b", "mixed"])(
    "%s fits on three GPUs of 24 GiB, serving and training in turns",
    (name) => {
      const states = plan(load(name), 24, 24, 24);
      expect(unfit(states)).toEqual([]);
      for (const { name: model } of load(name).models) {
        named(states, `GPU 0, training ${model}`);
        expect(states.some((state) => state.name.endsWith(`serving ${model}`))).toBe(true);
      }
    },
  );

  test("the 4B group does not fit on GPUs of 8 GiB, and more than one state says so", () => {
    const states = unfit(plan(load("4b"), 8, 8, 8));
    expect(states.map(({ name }) => name)).toContain("GPU 0, serving gemma");
    expect(states.map(({ name }) => name)).toContain("GPU 1, training gemma");
  });
});

describe("a server that does not fit", () => {
  test("on a small GPU, with what would fit in its place", () => {
    const config = one(QWEN, { gpus: [0], gpuShare: 0.4 }, { maxConcurrency: 4 });
    const [state] = unfit(plan(config, 24, 24));
    // 9.1 GiB are taken: 0.5 of 9.6 GiB are left for sequences of 1.1 GiB.
    expect(state).toMatchObject({ name: "GPU 0, serving s" });
    expect(state?.detail).toBe("the cache holds 0 sequences of 8192 tokens, and 4 are asked for");
    expect(state?.options).toEqual([
      "gpuShare: 0.95",
      "arguments: [--quantization, bitsandbytes]",
      "gpus: [1] and gpuShare: 0.9",
    ]);
  });

  test("every option, when it is taken, fits", () => {
    const more = { maxConcurrency: 12 };
    const [state] = unfit(plan(one(QWEN, { gpus: [0], gpuShare: 0.6 }, more), 24));
    expect(state?.options).toEqual(["maxConcurrency: 4", "contextLength: 3072", "gpuShare: 0.95"]);
    for (const changed of [
      one(QWEN, { gpus: [0], gpuShare: 0.6 }, { maxConcurrency: 4 }),
      one(QWEN, { gpus: [0], gpuShare: 0.6 }, { ...more, contextLength: 3072 }),
      one(QWEN, { gpus: [0], gpuShare: 0.95 }, more),
    ])
      expect(unfit(plan(changed, 24)).filter(({ name }) => name.includes("serving"))).toEqual([]);
    const tooMany = one(QWEN, { gpus: [0], gpuShare: 0.6 }, { maxConcurrency: 5 });
    expect(unfit(plan(tooMany, 24))).not.toEqual([]);
    const tooLong = one(QWEN, { gpus: [0], gpuShare: 0.6 }, { ...more, contextLength: 3072 + 256 });
    expect(unfit(plan(tooLong, 24))).not.toEqual([]);
  });

  test("weights are divided among the GPUs of a server", () => {
    const alone = named(plan(one(QWEN, { gpus: [0] }), 24, 24), "GPU 0, serving s");
    const both = named(plan(one(QWEN, { gpus: [0, 1] }), 24, 24), "GPU 0 and 1, serving s");
    expect(both.parts.weights).toBe((alone.parts.weights ?? 0) / 2);
  });

  test("servers that ask for more than the GPU together", () => {
    const models = ["a", "b"].map((name, index) => ({
      ...{ name, model: "meta-llama/Llama-3.2-1B-Instruct", contextLength: 4096 },
      endpoint: `http://127.0.0.1:${8001 + index}/v1`,
    }));
    const servers = [8001, 8002].map((port) => ({ name: `s${port}`, kind: "vllm" as const, port }));
    const config = loadConfig({
      env: {},
      checkpoints: [],
      overrides: { preset: "paper", models, servers, lora: false },
    });
    expect(unfit(plan(config, 24))).toMatchObject([
      { name: "GPU 0, its servers", options: ["gpuShare: 0.47 for each, or fewer servers on it"] },
    ]);
  });
});

describe("training", () => {
  test("beside a server that is awake fits once the server sleeps", () => {
    const awake = unfit(plan(one(QWEN, { gpus: [0], gpuShare: 0.6 }), 24));
    expect(awake).toMatchObject([{ name: "GPU 0, training m" }]);
    expect(awake[0]?.options[0]).toBe("sharesSlots: [0] for m: their servers then sleep");
    expect(unfit(plan(one(QWEN, { gpus: [0], gpuShare: 0.6 }, { sharesSlots: [0] }), 24))).toEqual([]);
  });

  test("with long samples fits with shorter ones, and on a GPU without servers", () => {
    const config = one(
      QWEN,
      { gpus: [0] },
      { sharesSlots: [0] },
      { trainerMaxTokens: 16_384, trainerDevices: ["0"] },
    );
    const [state] = unfit(plan(config, 24, 80));
    expect(state?.detail).toBe("not one sample of 16384 tokens fits, with 1 servers asleep and 0 awake");
    const shorter = /trainerMaxTokens: (\d+)/.exec(state?.options.join() ?? "")?.[1];
    expect(state?.options).toContain('trainerDevices: ["1"]');
    const with_ = (trainerMaxTokens: number) =>
      one(QWEN, { gpus: [0] }, { sharesSlots: [0] }, { trainerMaxTokens, trainerDevices: ["0"] });
    expect(unfit(plan(with_(Number(shorter)), 24, 80))).toEqual([]);
    expect(unfit(plan(with_(Number(shorter) + 256), 24, 80))).not.toEqual([]);
  });

  test("is not planned without lora, on the CPU, or on other machines", () => {
    const trains = (run: object) =>
      plan(one(QWEN, { gpus: [0] }, {}, run), 24).some(({ name }) => name.includes("training"));
    expect(trains({})).toBe(true);
    expect(trains({ lora: false })).toBe(false);
    expect(trains({ trainerDevices: [] })).toBe(false);
    expect(trains({ trainer: "nats", nats: "nats://127.0.0.1:4222" })).toBe(false);
  });
});

describe("the shape of a checkpoint", () => {
  const scratch = (): string => {
    const folder = mkdtempSync(join(tmpdir(), "agora-shape-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return folder;
  };
  const config = { ...KNOWN_SHAPES[QWEN], num_hidden_layers: 7 };

  test("is read from its folder, and from the hub's cache before the known ones", () => {
    const folder = scratch();
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    expect(findShape(folder, {})?.layers).toBe(7);
    const snapshot = join(folder, "hub", "models--Qwen--Qwen3-4B", "snapshots", "abc");
    mkdirSync(snapshot, { recursive: true });
    writeFileSync(join(snapshot, "config.json"), JSON.stringify(config));
    expect(findShape(QWEN, { HF_HOME: folder })?.layers).toBe(7);
    expect(findShape(QWEN, { HF_HOME: scratch() })?.layers).toBe(36);
  });

  test("is unknown where nothing tells it", () => {
    expect(findShape("nobody/nothing", { HF_HOME: scratch() })).toBeUndefined();
    const site = { config: one("nobody/nothing", { gpus: [0] }), gpus: [24 * GIB], shapeOf: known };
    expect(unknownWeights(site)).toEqual(["nobody/nothing"]);
    expect(statesOf(site).map(({ name }) => name)).toEqual(["GPU 0, its servers"]);
  });
});
