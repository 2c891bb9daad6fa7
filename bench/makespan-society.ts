/**
 * A society of two quick and two slow models behind servers with vLLM's latency, on a clock that runs faster than real
 * time: real client, real host, scripted replies.
 */

import { askedRoleIn } from "../cli/host/asked-role.fixture.ts";
import type { Parts } from "../cli/host/host.ts";
import { packFolder } from "../cli/host/packs.ts";
import { scriptedTask, soundScript } from "../cli/host/scripted-society.ts";
import { loadPack } from "../prompts/pack.ts";
import { type Config, type ConfigInput, loadConfig } from "../runtime/config/config.ts";
import { type PacedServer, startPacedServer } from "../runtime/model/paced-server.fixture.ts";
import type { LatencyProfile } from "../runtime/model/serving.fixture.ts";
import type { ServingClock } from "../runtime/model/serving-clock.fixture.ts";
import type { Task } from "../runtime/task.ts";
import { TwinTraining } from "../trainer/twin.ts";
import { lengthOf } from "./reply-lengths.ts";

export interface Served {
  readonly name: string;
  readonly profile: LatencyProfile;
  readonly server: PacedServer;
}

export interface PacedSociety {
  readonly clock: ServingClock;
  readonly config: Config;
  readonly models: readonly Served[];
  parts(): Promise<Parts>;
  stop(): Promise<void>;
}

export interface SocietyOptions {
  readonly clock: ServingClock;
  /** Of each server [sequences]. */
  readonly slots: number;
  readonly flags: readonly string[];
  readonly overrides: ConfigInput;
}

/** As vLLM serves models of these sizes on one GPU. */
const profileOf = (size: "1B" | "4B", slots: number): LatencyProfile => ({
  ...{ slots, queue: 1024, cacheBlocks: 20_000, adapterSeconds: 2 },
  prefillRate: size === "1B" ? 60_000 : 20_000,
  decodeRate: size === "1B" ? { alone: 240, full: 160 } : { alone: 110, full: 60 },
});

const sizes = { ant: "1B", bee: "1B", cat: "4B", dog: "4B" } as const;

/** The scripted task with as many anchor problems as are asked for. */
const task: Task = {
  ...scriptedTask,
  anchor: (size) =>
    Array.from({ length: size }, (_, index) => {
      const question = [...String(100_000 + index)].join("+");
      return { id: `anchor-${index}`, question, answer: scriptedTask.truth(question) ?? "" };
    }),
};

/** Time of an optimiser step [s]. */
const trainingStepSeconds = 4;

export const startPacedSociety = async ({
  clock,
  slots,
  flags,
  overrides,
}: SocietyOptions): Promise<PacedSociety> => {
  const roleOf = askedRoleIn(loadPack(packFolder("pocket")));
  const models = await Promise.all(
    Object.entries(sizes).map(async ([name, size], index): Promise<Served> => {
      const profile = profileOf(size, slots);
      const script = soundScript(index + 1);
      const paced = { model: name, script, profile, roleOf, clock, lengthOf: lengthOf(name) };
      return { name, profile, server: await startPacedServer(paced) };
    }),
  );
  const config = loadConfig({
    env: {},
    flags,
    overrides: {
      ...{ run: "makespan", preset: "paper", pack: "pocket", task: "pocket" },
      models: models.map(({ name, server }) => ({ name, model: name, endpoint: server.endpoint })),
      ...overrides,
    },
  });
  return {
    ...{ clock, config, models },
    parts: async () => {
      const { standardParts } = await import("../cli/host/parts.ts");
      const training = new TwinTraining(undefined, clock.realSeconds(trainingStepSeconds));
      return { ...(await standardParts(config)), task, training };
    },
    stop: async () => void (await Promise.all(models.map(({ server }) => server.stop()))),
  };
};
