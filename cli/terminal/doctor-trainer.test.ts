import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import type { Check } from "./doctor-check.ts";
import { diagnoseTrainer } from "./doctor-trainer.ts";

const folder = mkdtempSync(join(tmpdir(), "agora-doctor-trainer-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A Python whose `--check` prints the given text. */
const pythonSaying = (answer: string): string => {
  const path = join(folder, `python${Math.random()}`);
  writeFileSync(
    path,
    `#!/bin/sh\n[ "$2" = agora_trainer ] && [ "$3" = --check ] && cat <<'END'\n${answer}\nEND\n`,
  );
  chmodSync(path, 0o755);
  return path;
};
const examination = (more: object = {}): string =>
  JSON.stringify({
    ...{ type: "environment", versions: { torch: "2.13.0", transformers: "5.23.0" }, lacking: [] },
    devices: [],
    ...more,
  });

const remote = (model: string, trainFrom?: string) => ({
  ...{ name: model.replaceAll(/\W/g, ""), model, endpoint: "http://127.0.0.1:9/v1" },
  ...(trainFrom === undefined ? {} : { trainFrom }),
});
const checksOf = (trainerPython: string, overrides: ConfigInput = {}): Promise<Check[]> => {
  const models = [remote("Qwen/Qwen3-1.7B"), remote("llama", join(folder, "base"))];
  const config = loadConfig({ env: {}, checkpoints: [], overrides: { models, trainerPython, ...overrides } });
  return diagnoseTrainer(config, {}, folder);
};

describe("the trainer", () => {
  test("is checked only if the worker trains something", async () => {
    expect(await checksOf("/nowhere", { lora: false })).toEqual([]);
    expect(await checksOf("/nowhere", { trainer: "pocket" })).toEqual([]);
  });

  test("a Python with everything, on the CPU or on cards", async () => {
    const [onCpu] = await checksOf(pythonSaying(examination()));
    expect(onCpu).toMatchObject({
      ok: true,
      detail: "torch 2.13.0, transformers 5.23.0; no CUDA device: trains on the CPU",
    });
    const [onCards] = await checksOf(pythonSaying(examination({ devices: ["RTX 4090", "RTX 4090"] })));
    expect(onCards?.detail).toContain("RTX 4090, RTX 4090; faster with liger-kernel");
    const versions = { torch: "2.13.0", transformers: "5.23.0", "liger-kernel": "0.8.5" };
    const [withKernels] = await checksOf(pythonSaying(examination({ devices: ["RTX 4090"], versions })));
    expect(withKernels?.detail).toMatch(/; RTX 4090$/);
  });

  test("a Python without some packages: which ones, and how to install them", async () => {
    const [check] = await checksOf(pythonSaying(examination({ lacking: ["peft>=0.18"] })));
    expect(check).toMatchObject({ ok: false, detail: "lacks peft>=0.18" });
    expect(check?.fix).toMatch(/-m pip install -r .*trainer\/constraints.txt$/);
    const [bits] = await checksOf(pythonSaying(examination()), { trainerPrecision: "4bit" });
    expect(bits?.fix).toContain("pip install bitsandbytes");
  });

  test("a Python that cannot run", async () => {
    const [check] = await checksOf("/nowhere/python");
    expect(check).toMatchObject({ ok: false, name: "trainer /nowhere/python" });
    expect(check?.fix).toContain("set trainerPython");
    const [garbled] = await checksOf(pythonSaying("Python 2.7"));
    expect(garbled?.ok).toBe(false);
  });

  test("the checkpoints it starts from: on the hub, absent, present, a pocket model's own", async () => {
    const python = pythonSaying(examination());
    const [, hub, absent] = await checksOf(python);
    expect(hub).toMatchObject({ ok: true, name: "base of QwenQwen317B" });
    expect(absent).toMatchObject({ ok: false, fix: expect.stringContaining("trainFrom") });
    mkdirSync(join(folder, "base"));
    writeFileSync(join(folder, "base", "config.json"), "{}");
    expect((await checksOf(python))[2]).toMatchObject({ ok: true, detail: join(folder, "base") });
    const models = ["base", "other"].map((model) => ({ name: model, model, endpoint: "pocket" }));
    const pocket = await checksOf(python, { models, trainer: "peft" });
    expect(pocket.map(({ ok }) => ok)).toEqual([true, true, false]);
  });
});
