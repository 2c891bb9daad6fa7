/**
 * A society behind `transformers serve` with pocket checkpoints, started as by `agora up`. That server loads no
 * adapters at run time, so the weights do not change.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import { warmPython } from "../../trainer/python.fixture.ts";
import { Fleet } from "../servers/fleet.ts";
import { freePort } from "../servers/health.ts";
import { serverCommands } from "../servers/server-command.ts";
import { standardParts } from "./parts.ts";
import { playRun, readRecords } from "./play.ts";
import { ofType } from "./society.fixture.ts";

const python = resolve(import.meta.dirname, "../../.venv/bin/python");
const program = resolve(import.meta.dirname, "../../.venv/bin/transformers");
const packages = ["fastapi", "openai", "pydantic", "uvicorn", "transformers"];
const check = `import importlib.util as u; assert all(map(u.find_spec, ${JSON.stringify(packages)}))`;
const isReady = (): boolean => existsSync(program) && spawnSync(python, ["-c", check]).status === 0;
const required = (process.env.AGORA_REQUIRE ?? "").split(",").includes("trainer");
const skipped = !required && !isReady();
const note = skipped
  ? " (skipped: no `transformers serve`; pip install -r trainer/requirements.txt into .venv)"
  : "";

const configOf = (folder: string, port: number, warm: string): Config => {
  const endpoint = `http://127.0.0.1:${port}/v1`;
  return loadConfig({
    env: {},
    overrides: {
      ...{ run: "served", runsFolder: folder, seed: 5, rounds: 2, questionsPerRound: 3, lora: false },
      ...{ anchorEvery: 2, anchorSize: 4, callTimeoutSeconds: 60, phaseTimeoutSeconds: 120 },
      models: ["wren", "otter", "heron"].map((model) => ({ name: model, model, endpoint, stops: false })),
      servers: [
        {
          name: "serve",
          kind: "transformers",
          port,
          command: [warm, program, "serve"],
          folder: POCKET_FOLDER,
        },
      ],
    },
  });
};

describe.skipIf(skipped)(`transformers serve${note}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "agora-serve-"));
  let config: Config;
  let fleet: Fleet;
  beforeAll(async () => {
    config = configOf(folder, await freePort(), await warmPython());
    fleet = new Fleet(serverCommands(config), {
      logs: join(folder, "servers"),
      print: () => {},
      environment: { ...process.env, HF_HUB_OFFLINE: "1", OMP_NUM_THREADS: "1" },
    });
    await fleet.start();
  }, 300_000);
  afterAll(async () => {
    await fleet?.stop();
    rmSync(folder, { recursive: true });
  });

  test("serves a society through its rounds", { timeout: 300_000 }, async () => {
    const heard: Message[] = [];
    const result = await playRun({
      ...{ config, parts: await standardParts(config), problems: 0 },
      onMessage: (message) => void heard.push(message),
    });
    expect(result.end).toEqual({ outcome: "finished", reason: "2 rounds played" });
    expect(ofType(heard, "agent.failed")).toEqual([]);
    const records = readRecords(result.folder);
    const settled = ofType(records, "question.settled");
    const voided = ofType(records, "question.voided");
    expect(settled.length + voided.length).toBe(6);
    expect(settled.length).toBeGreaterThan(0);
    for (const { dossier } of settled) {
      expect(dossier.solutions.length + dossier.withheld.length).toBe(3);
      for (const { text } of dossier.solutions) expect(text).not.toContain("\n");
    }
    expect(settled.flatMap(({ dossier }) => dossier.verdicts).length).toBeGreaterThan(0);
    expect(ofType(records, "anchor.measured").length).toBeGreaterThanOrEqual(3);
    const metered = ofType(records.concat(heard), "call.metered");
    expect(metered.every(({ outcome }) => outcome !== "failed")).toBe(true);
    expect(metered.reduce((sum, { completionTokens }) => sum + completionTokens, 0)).toBeGreaterThan(50);
    const log = readFileSync(join(folder, "servers/serve.log"), "utf8");
    expect(log).toContain('"POST /v1/chat/completions HTTP/1.1" 200 OK');
    expect(log).not.toContain('"POST /v1/chat/completions HTTP/1.1" 500');
  });

  test("stops with its fleet", async () => {
    onTestFinished(() => fleet.stop());
    await fleet.stop();
    await expect(fetch(serverCommands(config)[0]?.health ?? "")).rejects.toThrow();
  });
});
