/**
 * What holds for a society behind a real server that takes adapters: the PEFT worker trains it over two generations, and
 * its adapters are swapped while the server serves.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { IgnoredAdapter } from "../../actors/serving/adapter-probe.ts";
import type { ServedModel } from "../../actors/serving/served-model.ts";
import { type Config, type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import { python } from "../../trainer/python.fixture.ts";
import { Fleet } from "../servers/fleet.ts";
import { freePort } from "../servers/health.ts";
import { serverCommands } from "../servers/server-command.ts";
import { preflight } from "../terminal/preflight.ts";
import { type Run, startRun } from "./host.ts";
import { standardParts } from "./parts.ts";
import { readRecords } from "./play.ts";
import { baseFolder, expectedLogprobs, greedy, largestGap, type Presence } from "./real-server.fixture.ts";
import { ofType } from "./society.fixture.ts";

const MEMBERS = ["ant", "bee"];
const MINUTES = 60_000;

type Server = NonNullable<ConfigInput["servers"]>[number];

export interface RealServer {
  readonly title: string;
  readonly presence: Presence;
  /** Name of the pocket model that it serves. */
  readonly model: string;
  readonly slots: number;
  /** Difference of its log-probabilities from those of the embedded engine; adapters change them by more [nats]. */
  readonly rounding: number;
  readonly server: (port: number) => Server;
  /** Keys of each model beside the usual ones. */
  readonly keys?: object;
  /** Added to the environment of the servers. */
  readonly environment?: NodeJS.ProcessEnv;
}

const configOf = ({ model, slots, server, keys }: RealServer, folder: string, port: number): Config =>
  loadConfig({
    env: {},
    overrides: {
      ...{ run: "swap", runsFolder: folder, seed: 5, rounds: 1_000, updates: 2, questionsPerRound: 6 },
      ...{ bufferThreshold: 8, trainingSlots: 1, trainerPython: python, trainerDevices: [] },
      ...{ trainerGradientCheckpointing: false, loraLearningRate: 0.01, anchorSize: 6, anchorTolerance: 1 },
      ...{ callTimeoutSeconds: 300, phaseTimeoutSeconds: 600, gate: false, externalAnchor: false },
      models: MEMBERS.map((name) => ({
        ...{ name, model, endpoint: `http://127.0.0.1:${port}/v1`, trainFrom: baseFolder(model) },
        ...{ contextLength: 512, logprobs: true, maxConcurrency: slots, ...keys },
      })),
      servers: [server(port)],
    },
  });

export const describeTrainedSociety = (real: RealServer): void => {
  const { title, model: MODEL, rounding } = real;
  const { skipped, note } = real.presence;
  describe.skipIf(skipped)(`a trained society behind ${title}${note}`, { timeout: 10 * MINUTES }, () => {
    const folder = mkdtempSync(join(tmpdir(), "agora-trained-"));
    const heard: Message[] = [];
    let config: Config;
    let fleet: Fleet | undefined;
    let run: Run;
    const memberOf = (name: string): ServedModel => run.models.get(name) as ServedModel;
    const endpoint = (): string => config.models[0]?.endpoint ?? "";

    beforeAll(async () => {
      config = configOf(real, folder, await freePort());
      fleet = new Fleet(serverCommands(config), {
        logs: join(folder, "servers"),
        print: () => {},
        environment: { ...process.env, ...real.environment },
      });
      await fleet.start();
      await preflight(config);
      run = await startRun(
        { config, onMessage: (message) => void heard.push(message) },
        await standardParts(config),
      );
      await run.ended;
    }, 40 * MINUTES);
    afterAll(async () => {
      await run?.close();
      await fleet?.stop();
      rmSync(folder, { recursive: true, force: true });
    }, 2 * MINUTES);

    test("plays and trains a society over two generations", async () => {
      expect(await run.ended).toEqual({ outcome: "finished", reason: "2 updates made" });
      expect(ofType(heard, "agent.failed")).toEqual([]);
      const published = ofType(heard, "adapter.published").map(({ job }) => job);
      expect(published.toSorted()).toEqual(["ant@v1", "ant@v2", "bee@v1", "bee@v2"]);
      const records = readRecords(run.folder);
      expect(ofType(records, "question.settled").length).toBeGreaterThan(0);
      expect(ofType(heard, "call.metered").every(({ outcome }) => outcome !== "failed")).toBe(true);
    });

    test("every solution names the version that wrote it, and none is older than the calls under way", () => {
      const versions = new Map(MEMBERS.map((name) => [name, new Set<number>()]));
      const published = new Map(MEMBERS.map((name) => [name, 0]));
      for (const message of heard) {
        if (message.type === "adapter.published") published.set(message.model, message.version);
        if (message.type !== "solution.offered") continue;
        const { author, adapter } = message.offered;
        expect(adapter).toBeLessThanOrEqual(published.get(author) ?? 0);
        versions.get(author)?.add(adapter);
      }
      for (const seen of versions.values()) expect([...seen].toSorted().slice(0, 2)).toEqual([0, 1]);
    });

    test("an answer after a swap comes from the new weights, also where the prompt is in the prefix cache", async () => {
      const shots = "3+4-5=2 ans 2\n6*7+1=3 ans 3\n".repeat(6);
      // Of one problem alone two adapters may say much the same.
      const prompts = ["7*8-3+9?", "52+9*4-7?", "81-6*9+8?"].map((problem) => shots + problem);
      const served = (name: string, version: number) => memberOf(name).served(version);
      for (const name of MEMBERS) await memberOf(name).load(1);
      const asked = [
        ...[MODEL, MODEL].map((id) => ({ id, adapter: undefined })),
        ...[1, 2, 1, 2].flatMap((version) =>
          MEMBERS.map((name) => ({ id: served(name, version), adapter: memberOf(name).folder(version) })),
        ),
      ];
      const readings = new Map<string, number[]>();
      const gaps: number[] = [];
      let cached = 0;
      for (const { id, adapter } of asked) {
        const reading: number[] = [];
        for (const prompt of prompts) {
          const answer = await greedy(endpoint(), id, prompt);
          const expected = expectedLogprobs(MODEL, adapter, { prompt, text: answer.text });
          gaps.push(largestGap(answer.logprobs, expected));
          expect(gaps.at(-1), id).toBeLessThan(rounding);
          cached += readings.has(id) ? answer.cached : 0;
          reading.push(...expected);
        }
        readings.set(id, reading);
      }
      console.log(
        `log-probabilities of ${gaps.length} answers differ by at most ${Math.max(...gaps).toExponential(1)}; ${cached} prompt tokens came from the cache`,
      );
      expect(cached).toBeGreaterThan(0);
      const all = [...readings.values()];
      for (const [index, reading] of all.entries())
        for (const other of all.slice(index + 1))
          expect(largestGap(reading, other)).toBeGreaterThan(2 * rounding);
    });

    test("an adapter without effect is refused as ignored", async () => {
      const idle = memberOf("ant").folder(9);
      cpSync(memberOf("ant").folder(2), idle, { recursive: true });
      const settings = join(idle, "adapter_config.json");
      writeFileSync(
        settings,
        JSON.stringify({ ...JSON.parse(readFileSync(settings, "utf8")), lora_alpha: 1e-9 }),
      );
      await expect(memberOf("ant").load(9)).rejects.toThrow(IgnoredAdapter);
    });
  });
};
