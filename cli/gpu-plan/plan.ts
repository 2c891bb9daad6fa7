/**
 * The memory of each GPU in each state of a run: serving, and training a model while the servers that share the GPU
 * sleep. Pure: shapes and sizes are given.
 */
import type { Config, ModelConfig } from "../../runtime/config/config.ts";
import type { ServerConfig } from "../../runtime/config/server-keys.ts";
import { modelsAt, sleeps } from "../servers/server-command.ts";
import { GIB, weightsOf } from "./memory.ts";
import type { Shape } from "./shape.ts";

/** What a plan is made for. */
export interface Site {
  readonly config: Config;
  /** Memory of each GPU [bytes], by CUDA's numbers. */
  readonly gpus: readonly number[];
  /** The shape of a folder of weights or of an id on the hub; undefined: unknown. */
  readonly shapeOf: (weights: string) => Shape | undefined;
}

/** One state of one GPU, or of the GPUs that serve one model together. */
export interface State {
  /** Such as `GPU 0, serving gemma`. */
  readonly name: string;
  readonly fits: boolean;
  /** What takes how much [bytes]. */
  readonly parts: Readonly<Record<string, number>>;
  /** What there is for them [bytes]. */
  readonly room: number;
  /** What the rest holds, or why the state does not fit. */
  readonly detail: string;
  /** Changes with which it would fit; empty if it fits. */
  readonly options: readonly string[];
}

/** A vLLM server on its GPUs. */
export interface Placed {
  readonly server: ServerConfig;
  readonly models: readonly ModelConfig[];
  readonly gpus: readonly number[];
  /** Share of each GPU's memory; vLLM's default is 0.9. */
  readonly share: number;
}

const DEFAULT_SHARE = 0.9;
/** Largest sum of shares on one GPU: the driver and the display take the rest. */
export const MOST_SHARED = 0.95;

/** Other servers take what they need, which nobody can tell before. */
export const placedServers = ({ servers, models }: Config): Placed[] =>
  servers
    .filter(({ kind }) => kind === "vllm")
    .map((server) => {
      const { port, gpus = [0], gpuShare: share = DEFAULT_SHARE } = server;
      return { server, models: modelsAt(port, models), gpus, share };
    });

export const weightsNameOf = ({ server, models }: Placed): string => server.weights ?? models[0]?.model ?? "";

/** The sum of the shares of the servers on a GPU. */
export const sharedOn = (gpu: number, placed: readonly Placed[]): number =>
  placed.filter(({ gpus }) => gpus.includes(gpu)).reduce((sum, { share }) => sum + share, 0);

/** Weights that sleeping servers keep in the host's memory [bytes]: vLLM's sleep level 1. */
export const asleepOf = ({ config, shapeOf }: Site): number =>
  placedServers(config)
    .filter(({ models }) => config.lora && sleeps(models))
    .reduce((sum, placed) => {
      const shape = shapeOf(weightsNameOf(placed));
      return sum + (shape === undefined ? 0 : weightsOf(shape));
    }, 0);

export const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;
export const sum = (parts: Readonly<Record<string, number>>): number =>
  Object.values(parts).reduce((total, part) => total + part, 0);

/** `weights 7.5, adapters 0.1: 7.6 of 21.6 GiB` */
export const shownParts = ({ parts, room }: Pick<State, "parts" | "room">): string => {
  const shown = Object.entries(parts).map(([what, bytes]) => `${what} ${(bytes / GIB).toFixed(1)}`);
  return `${shown.join(", ")}: ${(sum(parts) / GIB).toFixed(1)} of ${gib(room)}`;
};
