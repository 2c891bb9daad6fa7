/** Whether vLLM's share of a GPU holds weights, adapters and the cache of as many sequences as are asked for at once. */
import { adapterRoom, contextOf } from "../servers/server-command.ts";
import { adapterSlotsOf, cacheOf, PROCESS, stepOf, weightsOf } from "./memory.ts";
import {
  MOST_SHARED,
  type Placed,
  placedServers,
  type Site,
  type State,
  sharedOn,
  sum,
  weightsNameOf,
} from "./plan.ts";
import type { Shape } from "./shape.ts";

/** What a server would be started with. */
interface Setting {
  readonly share: number;
  readonly gpus: readonly number[];
  /** [tokens] */
  readonly context: number;
  /** Sequences at once. */
  readonly wanted: number;
  /** Weights in 4 bits. */
  readonly quantized: boolean;
}

const CONTEXT_STEP = 256;
const SHORTEST_CONTEXT = 1024;

const partsOf = (site: Site, { models }: Placed, shape: Shape, { gpus, quantized }: Setting) => {
  const adapters = adapterRoom(site.config, models);
  return {
    weights: weightsOf(shape, quantized ? "4bit" : undefined) / gpus.length,
    adapters: adapters === undefined ? 0 : adapterSlotsOf(shape, adapters.rank, adapters.slots) / gpus.length,
    "a step": stepOf(shape),
    "the process": PROCESS,
  };
};

const roomOf = ({ gpus: sizes }: Site, { share, gpus }: Setting): number =>
  share * Math.min(...gpus.map((gpu) => sizes[gpu] ?? 0));

/** Sequences of the full context that the cache holds. */
const sequencesOf = (site: Site, placed: Placed, shape: Shape, setting: Setting): number => {
  const left = roomOf(site, setting) - sum(partsOf(site, placed, shape, setting));
  return Math.max(0, Math.floor(left / (cacheOf(shape, setting.context) / setting.gpus.length)));
};

const settingOf = ({ share, gpus, models }: Placed, shape: Shape): Setting => {
  const bounds = models.flatMap(({ maxConcurrency }) => maxConcurrency ?? []);
  const wanted = bounds.length > 0 ? Math.min(...bounds) : 1;
  return { share, gpus, wanted, context: contextOf(models) ?? shape.context, quantized: false };
};

/** Room on the GPUs of a server beside the others there. */
const freeShare = (placed: Placed, all: readonly Placed[]): number => {
  const others = all.filter(({ server }) => server.name !== placed.server.name);
  const free = MOST_SHARED - Math.max(...placed.gpus.map((gpu) => sharedOn(gpu, others)));
  return Math.floor(free * 100) / 100;
};

/** The longest context with which it fits; undefined if even a short one does not. */
const longestContext = (setting: Setting, fits: (context: number) => boolean): number | undefined =>
  Array.from(
    { length: Math.floor(setting.context / CONTEXT_STEP) },
    (_, step) => step * CONTEXT_STEP,
  ).findLast((context) => context >= SHORTEST_CONTEXT && fits(context));

const QUANTIZED = "arguments: [--quantization, bitsandbytes]";

const optionsFor = (site: Site, placed: Placed, shape: Shape, setting: Setting): string[] => {
  const all = placedServers(site.config);
  const fits = (change: Partial<Setting>): boolean => {
    const changed = { ...setting, ...change };
    return sequencesOf(site, placed, shape, changed) >= changed.wanted;
  };
  const fewer = sequencesOf(site, placed, shape, setting);
  const shorter = longestContext(setting, (context) => fits({ context }));
  const share = freeShare(placed, all);
  const empty = site.gpus.findIndex((_, gpu) => sharedOn(gpu, all) === 0);
  const quantizable = shape.weightBytes >= 2;
  const single = [
    ...(fewer >= 1 ? [`maxConcurrency: ${fewer}`] : []),
    ...(shorter === undefined ? [] : [`contextLength: ${shorter}`]),
    ...(share > setting.share && fits({ share }) ? [`gpuShare: ${share}`] : []),
    ...(quantizable && fits({ quantized: true }) ? [QUANTIZED] : []),
    ...(empty >= 0 && fits({ gpus: [empty], share: 0.9 }) ? [`gpus: [${empty}] and gpuShare: 0.9`] : []),
  ];
  const both = longestContext(setting, (context) => quantizable && fits({ context, quantized: true }));
  return single.length > 0 || both === undefined ? single : [`${QUANTIZED} and contextLength: ${both}`];
};

/** Undefined if the shape of its weights is unknown. */
export const servingState = (site: Site, placed: Placed): State | undefined => {
  const shape = site.shapeOf(weightsNameOf(placed));
  if (shape === undefined) return undefined;
  const setting = settingOf(placed, shape);
  const [parts, room] = [partsOf(site, placed, shape, setting), roomOf(site, setting)];
  const sequences = sequencesOf(site, placed, shape, setting);
  const fits = sequences >= setting.wanted;
  const cache = `the cache holds ${sequences} sequences of ${setting.context} tokens`;
  return {
    ...{ name: `GPU ${placed.gpus.join(" and ")}, serving ${placed.server.name}`, fits, parts, room },
    detail: fits ? cache : `${cache}, and ${setting.wanted} are asked for`,
    options: fits ? [] : optionsFor(site, placed, shape, setting),
  };
};

/** The servers of one GPU together. */
export const sharesOf = (site: Site, gpu: number): State => {
  const here = placedServers(site.config).filter(({ gpus }) => gpus.includes(gpu));
  const size = site.gpus[gpu] ?? 0;
  const fits = sharedOn(gpu, here) <= MOST_SHARED + 1e-9;
  const each = Math.floor((MOST_SHARED / here.length) * 100) / 100;
  return {
    ...{ name: `GPU ${gpu}, its servers`, fits, room: size },
    parts: Object.fromEntries(here.map(({ server, share }) => [server.name, share * size])),
    detail: fits ? "together" : `their shares must not exceed ${MOST_SHARED} together`,
    options: fits ? [] : [`gpuShare: ${each} for each, or fewer servers on it`],
  };
};
