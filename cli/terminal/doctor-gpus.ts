/** Checks that each GPU holds what a run puts on it, serving and training in turns. The figures are estimates. */
import { totalmem } from "node:os";
import type { Config } from "../../runtime/config/config.ts";
import { detectMemory } from "../../trainer/devices.ts";
import { findShape } from "../gpu-plan/find-shape.ts";
import { GIB } from "../gpu-plan/memory.ts";
import { asleepOf, gib, placedServers, type Site, type State, shownParts } from "../gpu-plan/plan.ts";
import { statesOf, unknownWeights } from "../gpu-plan/states.ts";
import { type Check, failed, passed } from "./doctor-check.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Largest share of the host's memory for the weights of sleeping servers. */
const HOST_SHARE = 0.8;

/** Empty if the configuration starts no vLLM server. */
export const diagnoseGpus = async (config: Config, environment: Environment): Promise<Check[]> => {
  if (placedServers(config).length === 0) return [];
  const declared = config.gpuMemory?.map((size) => size * GIB);
  const gpus = declared ?? (await detectMemory());
  if (gpus.length === 0)
    return [
      passed("GPU memory", "not checked: no GPU is found here; gpuMemory: [24, 24] plans for two of 24 GiB"),
    ];
  const site: Site = { config, gpus, shapeOf: (weights) => findShape(weights, environment) };
  return [
    ...absentGpus(site),
    ...unknownWeights(site).map(unknown),
    ...statesOf(site).map(judged),
    ...hostMemory(site, declared === undefined ? totalmem() : undefined),
  ];
};

const absentGpus = ({ config, gpus }: Site): Check[] =>
  placedServers(config)
    .filter((placed) => placed.gpus.some((gpu) => gpu >= gpus.length))
    .map(({ server, gpus: named }) => {
      const last = gpus.length - 1;
      const fix = `set the gpus of server ${server.name} to numbers from 0 to ${last}, or correct gpuMemory`;
      return failed(
        `GPU ${named.join(" and ")}, serving ${server.name}`,
        `the GPUs here are 0 to ${last}`,
        fix,
      );
    });

const unknown = (weights: string): Check =>
  passed(
    `memory of ${weights}`,
    `not checked: its config.json is not on this machine (hf download ${weights} config.json)`,
  );

const judged = (state: State): Check => {
  const detail = `${shownParts(state)}; ${state.detail}`;
  if (state.fits) return passed(state.name, detail);
  return failed(
    state.name,
    detail,
    state.options.join(", or ") || "use a GPU with more memory, or a smaller model",
  );
};

/** vLLM's sleep level 1 keeps the weights in the host's memory. */
const hostMemory = (site: Site, size: number | undefined): Check[] => {
  const asleep = asleepOf(site);
  if (asleep === 0) return [];
  const [name, detail] = ["host memory", `sleeping servers keep ${gib(asleep)} of weights there`];
  if (size === undefined || asleep <= HOST_SHARE * size) return [passed(name, detail)];
  const fix = "let fewer servers sleep (sharesSlots), or serve smaller models";
  return [failed(name, `${detail}, and it has ${gib(size)}`, fix)];
};
