import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import { detectMemory, parseMemory } from "../../trainer/devices.ts";
import { diagnoseGpus } from "./doctor-gpus.ts";
import { preflight } from "./preflight.ts";

const file = (name: string): string =>
  fileURLToPath(new URL(`../../experiments/configs/${name}.yaml`, import.meta.url));
const load = (name: string, overrides: ConfigInput = {}) =>
  loadConfig({ file: file(name), env: {}, checkpoints: [], overrides });

afterEach(() => vi.unstubAllEnvs());
/** No driver on this machine, whatever it has. */
const withoutDriver = () => vi.stubEnv("PATH", "");

test("a plan that fits passes with its figures, and names what sleeping servers keep", async () => {
  const checks = await diagnoseGpus(load("4b", { gpuMemory: [24, 24, 24] }), {});
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(checks.find(({ name }) => name === "GPU 1, serving qwen")?.detail).toMatch(
    /^weights 7\.5, adapters 0\.2, a step 0\.4, the process 1\.0: 9\.1 of 21\.6 GiB; the cache holds 11 sequences/,
  );
  expect(checks.at(-1)?.detail).toBe("sleeping servers keep 22.6 GiB of weights there");
});

test("a plan that cannot fit fails with changes that would, also before a run", async () => {
  const config = load("4b", { gpuMemory: [12, 24, 24] });
  const failed = (await diagnoseGpus(config, {})).filter(({ ok }) => !ok);
  expect(failed.map(({ name }) => name)).toContain("GPU 0, training gemma");
  expect(failed.every(({ fix }) => fix !== "")).toBe(true);
  // Without a Python the other checks take no time.
  const before = load("4b", { gpuMemory: [12, 24, 24], trainerPython: "/nowhere/python" });
  await expect(preflight(before)).rejects.toThrow(/GPU 0, training gemma: .*\n +fix: /);
});

test("a GPU that is not there is named", async () => {
  const checks = await diagnoseGpus(load("4b", { gpuMemory: [24] }), {});
  expect(checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
    "GPU 1, serving qwen: the GPUs here are 0 to 0",
    "GPU 2, serving phi: the GPUs here are 0 to 0",
  ]);
});

test("without GPUs, or without vLLM's servers, nothing is checked", async () => {
  withoutDriver();
  expect(await detectMemory()).toEqual([]);
  const [check, ...rest] = await diagnoseGpus(load("1b"), {});
  expect(check).toMatchObject({ ok: true, detail: expect.stringContaining("gpuMemory: [24, 24]") });
  expect(rest).toEqual([]);
  const pocket = loadConfig({ env: {}, checkpoints: [], overrides: { preset: "pocket" } });
  expect(await diagnoseGpus(pocket, {})).toEqual([]);
});

test("nvidia-smi's list has one number for each GPU [MiB]", () => {
  expect(parseMemory("24564\n81559\n")).toEqual([24_564 * 1024 ** 2, 81_559 * 1024 ** 2]);
  expect(parseMemory("No devices were found\n")).toEqual([]);
});
