/** Societies behind llama.cpp's real server, started as by `agora up`: untrained by itself, and trained behind the gateway. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import { Fleet } from "../servers/fleet.ts";
import { freePort } from "../servers/health.ts";
import { serverCommands } from "../servers/server-command.ts";
import { diagnose } from "../terminal/doctor.ts";
import { preflight } from "../terminal/preflight.ts";
import { standardParts } from "./parts.ts";
import { playRun, readRecords } from "./play.ts";
import { expectedLogprobs, greedy, largestGap, presenceOf } from "./real-server.fixture.ts";
import { ofType } from "./society.fixture.ts";
import { describeTrainedSociety } from "./trained-society.conformance.ts";

const MODEL = "wren";
const { skipped, note } = presenceOf(
  "llamacpp",
  ["AGORA_LLAMA_SERVER", "AGORA_GGUF", "AGORA_LORA_CONVERTER"],
  MODEL,
);
const MINUTES = 60_000;
const SLOTS = 4;

const configOf = (folder: string, port: number, choices: boolean): Config =>
  loadConfig({
    env: {},
    overrides: {
      ...{ run: "gguf", runsFolder: folder, seed: 5, rounds: 2, questionsPerRound: 6, lora: false },
      ...{ anchorEvery: 2, anchorSize: 4, callTimeoutSeconds: 300, phaseTimeoutSeconds: 600 },
      models: ["ant", "bee"].map((name) => ({
        ...{ name, model: MODEL, endpoint: `http://127.0.0.1:${port}/v1`, choices },
        ...{ contextLength: 512, maxConcurrency: SLOTS },
      })),
      servers: [
        {
          ...{ name: "llama", kind: "llamacpp", port, weights: process.env.AGORA_GGUF ?? "" },
          command: [process.env.AGORA_LLAMA_SERVER ?? "llama-server"],
        },
      ],
    },
  });

describe.skipIf(skipped)(`llama.cpp's server${note}`, { timeout: 10 * MINUTES }, () => {
  const folder = mkdtempSync(join(tmpdir(), "agora-llama-"));
  let port: number;
  let fleet: Fleet | undefined;
  beforeAll(async () => {
    port = await freePort();
    const logs = join(folder, "servers");
    fleet = new Fleet(serverCommands(configOf(folder, port, false)), { logs, print: () => {} });
    await fleet.start();
  }, 10 * MINUTES);
  afterAll(async () => {
    await fleet?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("computes what the embedded engine computes", async () => {
    const prompt = "7*8-3+9?";
    const answer = await greedy(`http://127.0.0.1:${port}/v1`, MODEL, prompt);
    expect(answer.text.length).toBeGreaterThan(3);
    const expected = expectedLogprobs(MODEL, undefined, { prompt, text: answer.text });
    expect(largestGap(answer.logprobs, expected)).toBeLessThan(5e-2);
  });

  test("has a slot for each choice: a run that asks for more stops before it starts", async () => {
    const config = configOf(folder, port, true);
    const failures = (await diagnose(config)).filter(({ ok }) => !ok);
    expect(failures.map(({ name }) => name)).toEqual(["ant choices", "bee choices"]);
    await expect(preflight(config)).rejects.toThrow(
      /ant choices: HTTP 400: .*\n {6}fix: set choices: false for ant/,
    );
  });

  test("serves a society through its rounds", async () => {
    const config = configOf(folder, port, false);
    await preflight(config);
    const heard: Message[] = [];
    const result = await playRun({
      ...{ config, parts: await standardParts(config), problems: 0 },
      onMessage: (message) => void heard.push(message),
    });
    expect(result.end).toEqual({ outcome: "finished", reason: "2 rounds played" });
    expect(ofType(heard, "agent.failed")).toEqual([]);
    const records = readRecords(result.folder);
    const settled = ofType(records, "question.settled");
    expect(settled.length + ofType(records, "question.voided").length).toBe(12);
    expect(settled.length).toBeGreaterThan(0);
    const metered = ofType(records.concat(heard), "call.metered");
    expect(metered.every(({ outcome }) => outcome !== "failed")).toBe(true);
  });
});

describeTrainedSociety({
  ...{ title: "llama.cpp", model: MODEL, slots: SLOTS, rounding: 2e-2 },
  presence: presenceOf("llamacpp", ["AGORA_LLAMA_SERVER", "AGORA_GGUF", "AGORA_LORA_CONVERTER"], MODEL),
  keys: { choices: false },
  server: (port) => ({
    ...{ name: "llama", kind: "llamacpp", port, weights: process.env.AGORA_GGUF ?? "" },
    command: [process.env.AGORA_LLAMA_SERVER ?? "llama-server"],
    converter: [process.env.AGORA_LORA_CONVERTER ?? "convert_lora_to_gguf.py"],
  }),
});
