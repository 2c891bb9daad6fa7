/** The training backend of a run: each model is trained by the one that its configuration names. A backend is loaded
 *  where a model needs it. */
import { basename } from "node:path";
import type { Config, ModelConfig } from "../runtime/config/config.ts";
import { baseOf, pythonOf, type TrainerKind, trainerOf } from "../runtime/config/trained.ts";
import { dialectOf } from "../runtime/model/openai-wire.ts";
import { isPath } from "../runtime/plugin/reference.ts";
import { plugIn, type Socket } from "../runtime/plugin/socket.ts";
import type { TrainingBackend } from "../runtime/training.ts";
import { detectDevices } from "./devices.ts";
import { fingerprintOf } from "./queue/fingerprint.ts";
import type { QueuedBase } from "./queue/queued-job.ts";
import type { TrainedModel } from "./worker-job.ts";

/** Those of the house need to know of the checkpoints, and are made below. */
const socket: Socket<TrainingBackend> = {
  ...{ name: "trainer", type: "TrainingBackend", members: { train: "function" }, known: {} },
};

/** A backend of the user's own, which trains every model. @throws PluginError */
const ownTraining = (config: Config): Promise<TrainingBackend> =>
  plugIn(socket, config.trainer, { key: "trainer", config });

/** `checkpoints`: folder of the pocket models. Cards are looked for only where something could use them. */
export const trainingOf = async (config: Config, checkpoints: string): Promise<TrainingBackend> => {
  if (isPath(config.trainer)) return ownTraining(config);
  if (config.lora && config.trainer === "nats") return distantTraining(config, checkpoints);
  const trainedBy = (kind: TrainerKind): ModelConfig[] =>
    config.models.filter((model) => trainerOf(config, model) === kind);
  const { pocketTraining } = await import("./pocket.ts");
  const pocket = pocketTraining(
    new Map(trainedBy("pocket").map((model) => [model.name, baseOf(model, checkpoints)])),
  );
  const remote = trainedBy("peft");
  if (!config.lora || remote.length === 0) return pocket;
  const { peftTraining } = await import("./peft.ts");
  const models = new Map(remote.map((model) => [model.name, trainedModel(model, checkpoints)]));
  const peft = peftTraining({
    models,
    secrets: config.models.flatMap(({ apiKeyEnv }) => apiKeyEnv ?? []),
    python: pythonOf(config),
    devices: config.trainerDevices ?? (await detectDevices()),
    precision: config.trainerPrecision,
    gradientCheckpointing: config.trainerGradientCheckpointing,
    microBatch: config.trainerMicroBatch,
    maxTokens: config.trainerMaxTokens,
    checkpointEvery: config.trainerCheckpointEvery,
    trackers: config.trainerTrackers,
    silenceSeconds: config.trainerSilenceSeconds,
    graceSeconds: config.trainerGraceSeconds,
  });
  return {
    slots: peft.slots,
    train: (order, ...rest) => (models.has(order.model) ? peft : pocket).train(order, ...rest),
  };
};

/** All models are trained by whoever joins the work queue. */
const distantTraining = async (config: Config, checkpoints: string): Promise<TrainingBackend> => {
  const { natsTraining } = await import("./nats.ts");
  return natsTraining({
    ...{ servers: config.nats ?? "", keyFile: config.natsKey, caFile: config.natsCa },
    replicas: config.natsReplicas,
    run: config.run,
    bases: new Map(config.models.map((model) => [model.name, queuedBase(config, model, checkpoints)])),
    silenceSeconds: config.trainerSilenceSeconds,
  });
};

const queuedBase = (config: Config, model: ModelConfig, checkpoints: string): QueuedBase => {
  const base = baseOf(model, checkpoints);
  if (model.endpoint === "pocket") {
    return { kind: "pocket", checkpoint: basename(base), sha256: fingerprintOf(base) ?? "none" };
  }
  return {
    ...{ kind: "peft", base, trustRemoteCode: model.trustRemoteCode },
    templateOptions: templateOptionsOf(model),
    precision: config.trainerPrecision,
    gradientCheckpointing: config.trainerGradientCheckpointing,
    microBatch: config.trainerMicroBatch,
    maxTokens: config.trainerMaxTokens,
    checkpointEvery: config.trainerCheckpointEvery,
  };
};

/** What the endpoint tells the chat template in every call. */
const templateOptionsOf = (model: ModelConfig): Readonly<Record<string, unknown>> => {
  const { chat_template_kwargs: options } = dialectOf(model).extra;
  return typeof options === "object" && options !== null ? { ...options } : {};
};

const trainedModel = (model: ModelConfig, checkpoints: string): TrainedModel => ({
  base: baseOf(model, checkpoints),
  templateOptions: templateOptionsOf(model),
  trustRemoteCode: model.trustRemoteCode,
});
