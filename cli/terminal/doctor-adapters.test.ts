import { expect, onTestFinished, test } from "vitest";
import { ConfigError, type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import { startTwin } from "../../runtime/model/adapters/adapter-twins.fixture.ts";
import type { AdapterKind } from "../../runtime/model/adapters/kinds.ts";
import { checkAdapters } from "./doctor-adapters.ts";
import { untrainedNotice } from "./untrained.ts";

const configOf = (...adapters: readonly (boolean | AdapterKind)[]) =>
  loadConfig({
    ...{ env: {}, checkpoints: [] },
    overrides: {
      preset: "paper",
      models: adapters.map((declared, index) => ({
        ...{ name: `m${index}`, model: "base-model", endpoint: "http://127.0.0.1:9/v1", adapters: declared },
      })),
    } as ConfigInput,
  });

const ask = (url: string, body?: string): Promise<Response> =>
  fetch(url, body === undefined ? {} : { method: "POST", body });

const checks = async (twin: AdapterKind, ...declared: readonly (boolean | AdapterKind)[]) => {
  const { endpoint, stop } = await startTwin(twin);
  onTestFinished(stop);
  return checkAdapters(endpoint, configOf(...declared).models, ask);
};

test.each(["vllm", "sglang", "ollama"] as const)("%s is recognised, and nothing is loaded", async (kind) => {
  const twin = await startTwin(kind);
  onTestFinished(twin.stop);
  const found = await checkAdapters(twin.endpoint, configOf(kind).models, ask);
  expect(found).toMatchObject([{ ok: true, detail: `can be loaded at run time, as by ${kind}` }]);
  expect(twin.adapters()).toEqual([]);
});

test.each([
  ["sglang", true, "set adapters: sglang for its models, or start vLLM with --enable-lora"],
  ["ollama", true, "set adapters: ollama for its models, or start vLLM"],
  ["vllm", "sglang", "set adapters: vllm for its models, or start SGLang with --enable-lora"],
] as const)("%s that is declared as %s is named in the fix", async (twin, declared, fix) => {
  const [check] = await checks(twin, declared);
  expect(check?.ok).toBe(false);
  expect(check?.fix.startsWith(fix)).toBe(true);
  expect(check?.fix).toMatch(/or set adapters: false for its models, which then play untrained$/);
});

test.each([
  ["0.34.0", true],
  ["0.5.13", true],
  ["0.34.1", false],
  ["1.0.0-rc1", false],
])("Ollama %s creates models with adapters: %s", async (version, creates) => {
  const answering = async (url: string) =>
    url.endsWith("/api/version") ? Response.json({ version }) : new Response(null, { status: 404 });
  const [check] = await checkAdapters("http://ollama/v1", configOf("ollama").models, answering);
  expect(check?.ok).toBe(creates);
});

test("a member without adapters plays untrained, which doctor and run say", async () => {
  const found = await checks("vllm", true, false);
  expect(found.map(({ ok }) => ok)).toEqual([true, true]);
  expect(found[1]?.detail).toBe("plays untrained: its endpoint takes no adapters (adapters: false)");
  expect(untrainedNotice(configOf(true, false))).toBe(
    "m1 plays untrained: its endpoint takes no adapters (adapters: false)",
  );
  expect(untrainedNotice(configOf(true, false, false))).toMatch(/^m1, m2 play untrained: their endpoints/);
  expect(untrainedNotice(configOf(true, true))).toBeUndefined();
  expect(untrainedNotice({ ...configOf(true, false), lora: false })).toBeUndefined();
});

test("a run that trains needs one endpoint that takes adapters", () => {
  expect(() => configOf(false, false)).toThrow(ConfigError);
  expect(() => configOf(false, false)).toThrow(/no member's endpoint takes one/);
});
