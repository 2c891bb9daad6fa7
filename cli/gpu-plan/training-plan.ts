/** Whether a training slot's GPU holds a job beside the servers there, asleep or awake. */
import type { Config, ModelConfig } from "../../runtime/config/config.ts";
import { trainerOf } from "../../runtime/config/trained.ts";
import { activationsOf, optimiserOf, PROCESS, type Precision, weightsOf } from "./memory.ts";
import { type Placed, placedServers, type Site, type State, sharedOn, sum } from "./plan.ts";
import type { Shape } from "./shape.ts";

/** Of the device's memory: where bfloat16 weights take more, `auto` trains in 4 bits (trainer/agora_trainer/device.py). */
const WEIGHTS_SHARE = 0.7;
const TOKENS_STEP = 256;
const FEWEST_TOKENS = 512;

interface Setting {
  readonly precision: Precision;
  /** Longest sample [tokens]. */
  readonly tokens: number;
  readonly samples: number;
  /** [bytes] */
  readonly room: number;
}

/** The GPU of each training slot on this machine; a slot on the CPU or on a part of a GPU has none. */
export const slotDevices = ({ trainerDevices, trainingSlots }: Config, gpus: number): number[] => {
  const devices = trainerDevices ?? Array.from({ length: gpus }, (_, gpu) => String(gpu));
  const numbers = devices.map((device) => (/^\d+/.test(device) ? Number.parseInt(device, 10) : -1));
  return numbers.slice(0, trainingSlots);
};

/** Whether a server sleeps while a job trains in the slot. */
const sleepsFor = (slot: number, { models }: Placed): boolean =>
  models.some(({ sharesSlots }) => sharesSlots.includes(slot));

const serversOf = (site: Site, slot: number, gpu: number) => {
  const here = placedServers(site.config).filter(({ gpus }) => gpus.includes(gpu));
  return {
    asleep: here.filter((placed) => sleepsFor(slot, placed)),
    awake: here.filter((placed) => !sleepsFor(slot, placed)),
  };
};

const precisionOf = ({ trainerPrecision }: Config, shape: Shape, size: number): Precision => {
  if (trainerPrecision !== "auto") return trainerPrecision;
  return weightsOf(shape, "bfloat16") > WEIGHTS_SHARE * size ? "4bit" : "bfloat16";
};

const partsOf = (config: Config, shape: Shape, { precision, tokens, samples }: Setting) => ({
  [`weights in ${precision}`]: weightsOf(shape, precision),
  "adapter and optimiser": optimiserOf(shape, config.loraRank, config.loraTargets),
  activations: activationsOf(shape, {
    ...{ samples, tokens },
    // auto: what fits in the last resort.
    checkpointing: config.trainerGradientCheckpointing !== false,
  }),
  "the process": PROCESS,
});

/** The micro-batches that the worker tries: it halves them while memory runs out. */
const microBatches = (largest: number): number[] => {
  const sizes = [largest];
  while ((sizes.at(-1) ?? 1) > 1) sizes.push(Math.floor((sizes.at(-1) ?? 2) / 2));
  return sizes;
};

const optionsFor = (site: Site, shape: Shape, setting: Setting, slot: number, gpu: number): string[] => {
  const { config } = site;
  const fits = (change: Partial<Setting>): boolean => {
    const changed = { ...setting, ...change };
    return sum(partsOf(config, shape, changed)) <= changed.room;
  };
  const lengths = Array.from(
    { length: Math.floor(setting.tokens / TOKENS_STEP) },
    (_, step) => step * TOKENS_STEP,
  );
  const shorter = lengths.findLast((tokens) => tokens >= FEWEST_TOKENS && fits({ tokens }));
  const { awake } = serversOf(site, slot, gpu);
  const freed = awake.reduce(
    (bytes, { share }) => bytes + share * (site.gpus[gpu] ?? 0) - PROCESS,
    setting.room,
  );
  const names = awake.flatMap(({ models }) => models.map(({ name }) => name));
  const empty = site.gpus.findIndex(
    (size, other) => sharedOn(other, placedServers(config)) === 0 && fits({ room: size }),
  );
  return [
    ...(awake.length > 0 && fits({ room: freed })
      ? [`sharesSlots: [${slot}] for ${names.join(", ")}: their servers then sleep`]
      : []),
    ...(shorter === undefined ? [] : [`trainerMaxTokens: ${shorter}`]),
    ...(setting.precision !== "4bit" && fits({ precision: "4bit" }) ? ["trainerPrecision: 4bit"] : []),
    ...(empty >= 0 && empty !== gpu ? [`trainerDevices: ["${empty}"]`] : []),
  ];
};

/** The job of one model in one slot; undefined if the model is not trained here, or its shape is unknown. */
export const trainingState = (site: Site, model: ModelConfig, slot: number): State | undefined => {
  const { config, gpus } = site;
  const gpu = slotDevices(config, gpus.length)[slot] ?? -1;
  const [size, shape] = [gpus[gpu], site.shapeOf(model.trainFrom ?? model.model)];
  const isTrained = model.adapters && trainerOf(config, model) === "peft";
  if (size === undefined || shape === undefined || !isTrained) return undefined;
  const { asleep, awake } = serversOf(site, slot, gpu);
  const taken = awake.reduce((bytes, { share }) => bytes + share * size, asleep.length * PROCESS);
  const least = {
    precision: precisionOf(config, shape, size),
    tokens: config.trainerMaxTokens,
    samples: 1,
    room: size - taken,
  };
  const samples = microBatches(config.trainerMicroBatch).find(
    (wanted) => sum(partsOf(config, shape, { ...least, samples: wanted })) <= least.room,
  );
  const fits = samples !== undefined;
  const beside = `with ${asleep.length} servers asleep and ${awake.length} awake`;
  return {
    ...{ name: `GPU ${gpu}, training ${model.name}`, fits, room: least.room },
    parts: partsOf(config, shape, { ...least, samples: samples ?? 1 }),
    detail: fits
      ? `samples at once: ${samples} of ${least.tokens} tokens, ${beside}`
      : `not one sample of ${least.tokens} tokens fits, ${beside}`,
    options: fits ? [] : optionsFor(site, shape, least, slot, gpu),
  };
};
