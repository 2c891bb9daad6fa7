import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import { startModelFixture } from "../../runtime/model/model-server.fixture.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { diagnose } from "./doctor.ts";
import { shownCheck } from "./doctor-check.ts";
import { PreflightError, preflight } from "./preflight.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-preflight-"));
  return () => rmSync(folder, { recursive: true, force: true });
});

const config = (overrides: ConfigInput = {}) =>
  loadConfig({ env: {}, checkpoints: [], overrides: { run: "r", runsFolder: folder, ...overrides } });

const failureOf = async (overrides: ConfigInput): Promise<PreflightError> => {
  const error = await preflight(config(overrides), { env: {} }).catch((cause: unknown) => cause);
  if (error instanceof PreflightError) return error;
  throw new Error(`expected a PreflightError, not ${String(error)}`);
};

test("embedded models pass", async () => {
  await expect(preflight(config(), { env: {} })).resolves.toBeUndefined();
});

test("options that no agent type of the run reads stop it before it starts", async () => {
  const error = await failureOf({ options: { modell: {} } });
  expect(error.message).toMatch(
    /options: options\.modell: no agent type of the run has this name.*\n {6}fix: did you mean "model"/,
  );
  await expect(preflight(config({ options: { model: {} } }), { env: {} })).resolves.toBeUndefined();
});

test("all missing parts are reported together with their fixes, and have their own exit code", async () => {
  mkdirSync(join(folder, "agents"));
  writeFileSync(join(folder, "agents/none.ts"), "export const nothing = 1;\n");
  const error = await failureOf({
    pack: "klingon",
    agents: [join(folder, "agents/none.ts")],
    nats: "127.0.0.1:9",
  });
  expect(error.failures.map(({ name }) => name).toSorted()).toEqual([
    `agents[0] ${join(folder, "agents/none.ts")}`,
    "nats",
    "pack klingon",
  ]);
  expect(error.message).toMatch(/pack klingon: .*\n {6}fix: a pack holds pack.yaml/);
  expect(exitCodeOf(error)).toBe(3);
});

test("what doctor finds wrong with an endpoint stops the run before it starts, in the same words", async () => {
  const server = await startModelFixture(({ n = 1 }) => (n > 1 ? { fail: 400 } : "5"), { model: "llama" });
  try {
    const models = ["ant", "bee"].map((name) => ({ name, model: "llama", endpoint: server.endpoint }));
    const error = await failureOf({ models, lora: false });
    const found = await diagnose(config({ models, lora: false }), { env: {} });
    expect(error.failures.map(({ name }) => name)).toEqual(["ant choices", "bee choices"]);
    expect(error.failures).toEqual(found.filter(({ ok }) => !ok));
    for (const failure of error.failures) expect(error.message).toContain(shownCheck(failure));
  } finally {
    await server.stop();
  }
});

test("an endpoint without the model is reported before the first question, without a request to a model", async () => {
  const server = await startModelFixture([], { model: "llama" });
  try {
    const models = ["ant", "bee"].map((name) => ({
      name,
      model: "no-such-model",
      endpoint: server.endpoint,
    }));
    const error = await failureOf({ models, lora: false });
    expect(error.failures.map(({ name }) => name)).toEqual(["model ant", "model bee"]);
    expect(server.requests).toEqual([]);
  } finally {
    await server.stop();
  }
});
