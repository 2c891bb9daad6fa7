/** The real parts of a run: the bus, the task, the models behind their endpoints, and the training backend. */
import { join } from "node:path";
import { raterOf } from "../../actors/rater.ts";
import { taskOf } from "../../experiments/tasks/index.ts";
import type { PocketServer } from "../../pocket/server/serve.ts";
import { loadPack } from "../../prompts/pack.ts";
import type { Bus } from "../../runtime/bus/bus.ts";
import { createMemoryBus } from "../../runtime/bus/bus-memory.ts";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import type { Config, ModelConfig } from "../../runtime/config/config.ts";
import { adapterKindOf } from "../../runtime/model/adapters/kinds.ts";
import { Limiter } from "../../runtime/model/limiter.ts";
import type { Model, UsageListener } from "../../runtime/model/model.ts";
import { openaiModel } from "../../runtime/model/openai-model.ts";
import { dialectOf } from "../../runtime/model/openai-wire.ts";
import { requireReachable } from "../../runtime/model/reachable.ts";
import type { Parts } from "./host.ts";
import { packFolder, packsOf } from "./packs.ts";

const isPocket = ({ endpoint }: ModelConfig): boolean => endpoint === "pocket";

/** Sequences that a pocket model accepts before it answers 429; a run never has that many. */
const pocketQueue = 4096;

const openBus = async ({ nats, natsKey, natsCa, natsReplicas: replicas, run }: Config): Promise<Bus> => {
  if (nats === undefined) return createMemoryBus();
  const { connectNatsBus } = await import("../../runtime/bus/bus-nats.ts");
  return connectNatsBus({
    ...{ servers: nats, keyFile: natsKey, caFile: natsCa, replicas },
    ...{ name: `agora ${run}`, hosts: run },
  });
};

/** What members that play in another process than the host's need there. */
export type GuestParts = Omit<Parts, "bus">;

/** One engine per checkpoint: agents with the same checkpoint share its weights and its thread. */
const serveCheckpoints = async (
  { models, runsFolder }: Config,
  checkpoints: string,
): Promise<PocketServer | undefined> => {
  const names = [...new Set(models.filter(isPocket).map(({ model }) => model))];
  if (names.length === 0) return undefined;
  const { servePocket } = await import("../../pocket/server/serve.ts");
  return servePocket({
    models: names.map((name) => ({ name, folder: join(checkpoints, name) })),
    maxQueue: pocketQueue,
    adapterFolders: [runsFolder],
  });
};

/** One limiter per endpoint. Embedded models queue and batch calls themselves; their latency is no sign of overload. */
const limiterOf = (models: readonly ModelConfig[], endpoint: string): Limiter => {
  const bounds = models
    .filter((model) => model.endpoint === endpoint)
    .flatMap(({ maxConcurrency }) => maxConcurrency ?? []);
  const max = bounds.length > 0 ? { max: Math.min(...bounds) } : {};
  return endpoint === "pocket"
    ? new Limiter({
        min: pocketQueue,
        max: pocketQueue,
        start: pocketQueue,
        tolerance: Number.POSITIVE_INFINITY,
      })
    : new Limiter(max);
};

/** Fails before the run starts if an endpoint cannot be reached. @throws ModelError of the first one */
const requireEndpoints = async (models: readonly ModelConfig[]): Promise<void> => {
  const remote = models.filter((model) => !isPocket(model));
  await Promise.all(
    [...Map.groupBy(remote, ({ endpoint }) => endpoint)].map(([endpoint, [first]]) =>
      requireReachable(endpoint, first?.name ?? "the group"),
    ),
  );
};

/** Starts the servers of the embedded models when the models are first needed. */
const modelsOf = (config: Config, checkpoints: string) => {
  let server: PocketServer | undefined;
  return {
    models: async (onUsage: UsageListener): Promise<readonly Model[]> => {
      server = await serveCheckpoints(config, checkpoints);
      return withSpans(config, connectModels(config, server, onUsage));
    },
    close: async (): Promise<void> => server?.close(),
  };
};

const trainsElsewhere = {
  train: () => Promise.reject(new Error("the host's process trains, not this one")),
};

/** The parts of the members with these names. @throws as `standardParts`, except BusError */
export const guestParts = async (
  config: Config,
  names: readonly string[],
  checkpoints = POCKET_FOLDER,
): Promise<GuestParts> => {
  const models = config.models.filter(({ name }) => names.includes(name));
  const [pack, packs] = [loadPack(packFolder(config.pack)), packsOf(models)];
  const task = await taskOf(config);
  await requireEndpoints(models);
  return { task, pack, packs, training: trainsElsewhere, ...modelsOf({ ...config, models }, checkpoints) };
};

/** The models with a span for each call, if the run has telemetry. */
const withSpans = async (config: Config, models: readonly Model[]): Promise<readonly Model[]> => {
  if (!config.telemetry) return models;
  const { tracedModel } = await import("../../runtime/model/traced.ts");
  return models.map((model) => {
    const { model: id = model.name, endpoint = "" } =
      config.models.find(({ name }) => name === model.name) ?? {};
    return tracedModel(model, { run: config.run, id, endpoint });
  });
};

const connectModels = (config: Config, pocket: PocketServer | undefined, onUsage: UsageListener): Model[] => {
  const endpoints = new Set(config.models.map(({ endpoint }) => endpoint));
  const limiters = new Map([...endpoints].map((endpoint) => [endpoint, limiterOf(config.models, endpoint)]));
  return config.models.map((entry) => {
    const { name, model, endpoint, apiKeyEnv } = entry;
    return openaiModel({
      name,
      model,
      dialect: dialectOf(entry),
      adapters: adapterKindOf(entry.adapters),
      endpoint: endpoint === "pocket" ? `${pocket?.url}/v1` : endpoint,
      apiKey: apiKeyEnv === undefined ? undefined : process.env[apiKeyEnv],
      limiter: limiters.get(endpoint) ?? new Limiter(),
      timeoutSeconds: config.callTimeoutSeconds,
      attempts: config.callAttempts,
      onUsage,
      ...(endpoint === "pocket" ? { fetch: pocket?.fetch } : {}),
    });
  });
};

/**
 * `checkpoints`: folder of the pocket models. Servers start only after all parts have been checked.
 * @throws PluginError, TaskError, PackError, ModelError or BusError that names what is missing
 */
export const standardParts = async (config: Config, checkpoints = POCKET_FOLDER): Promise<Parts> => {
  const { trainingOf } = await import("../../trainer/backends.ts");
  const { agentTypesOf } = await import("../../actors/index.ts");
  const [task] = await Promise.all([taskOf(config), raterOf(config), agentTypesOf(config)]);
  const [pack, packs] = [loadPack(packFolder(config.pack)), packsOf(config.models)];
  await requireEndpoints(config.models);
  const bus = await openBus(config);
  const { models, close } = modelsOf(config, checkpoints);
  return {
    ...{ bus, task, pack, packs, models },
    training: await trainingOf(config, checkpoints),
    close: async () => {
      await close();
      await bus.close();
    },
  };
};
