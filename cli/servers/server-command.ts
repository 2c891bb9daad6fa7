/** Builds the command of a server, with its arguments and environment, from the configuration. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config, ModelConfig } from "../../runtime/config/config.ts";
import type { ServerConfig } from "../../runtime/config/server-keys.ts";
import { quoted } from "../../runtime/shell-word.ts";

export interface ServerCommand {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** Added to the inherited environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables that copy one of our own, such as a key, by name: the value is never shown. */
  readonly borrowed: Readonly<Record<string, string>>;
  readonly folder: string | undefined;
  readonly port: number;
  /** URL that answers with status 200 once the server is ready. */
  readonly health: string;
  readonly startSeconds: number;
  readonly restarts: number;
  readonly gpus: readonly number[] | undefined;
}

const HOST = "127.0.0.1";
const loopback: ReadonlySet<string> = new Set([HOST, "localhost", "[::1]"]);

/** The models whose endpoint is the server's port on this machine. */
export const modelsAt = (port: number, models: readonly ModelConfig[]): ModelConfig[] =>
  models.filter(({ endpoint }) => {
    if (endpoint === "pocket") return false;
    const url = new URL(endpoint);
    return loopback.has(url.hostname) && Number(url.port) === port;
  });

/** Adapter versions of one agent that are loaded at once: in force, at the gate, and replaced but still in calls. */
const VERSIONS_AT_ONCE = 3;

/** LoRA ranks that vLLM accepts as a maximum; the smallest that is at least the configured rank is used. */
const VLLM_RANKS = [8, 16, 32, 64, 128, 256, 320, 512] as const;

interface Order {
  readonly config: Config;
  readonly server: ServerConfig;
  readonly models: readonly ModelConfig[];
}

type Part = readonly (string | number)[];

const option = (name: string, value: string | number | undefined): Part =>
  value === undefined ? [] : [name, value];

const idsOf = (models: readonly ModelConfig[]): string[] => [...new Set(models.map(({ model }) => model))];

/** The longest context of a server's models [tokens]. */
export const contextOf = (models: readonly ModelConfig[]): number | undefined => {
  const lengths = models.flatMap(({ contextLength }) => contextLength ?? []);
  return lengths.length > 0 ? Math.max(...lengths) : undefined;
};

/** Whether the models' server sleeps while a job trains on its GPU. */
export const sleeps = (models: readonly ModelConfig[]): boolean =>
  models.some(({ sharesSlots }) => sharesSlots.length > 0);

const takesAdapters = ({ lora }: Config, models: readonly ModelConfig[]): boolean =>
  lora && models.some(({ adapters }) => adapters);

/** The adapters that a vLLM server has room for; undefined if it loads none. */
export const adapterRoom = (
  config: Config,
  models: readonly ModelConfig[],
): { readonly slots: number; readonly rank: number } | undefined => {
  if (!takesAdapters(config, models)) return undefined;
  const rank = VLLM_RANKS.find((known) => known >= config.loraRank) ?? config.loraRank;
  return { slots: VERSIONS_AT_ONCE * models.length, rank };
};

const adapterOptions = ({ config, models }: Order): Part => {
  const room = adapterRoom(config, models);
  if (room === undefined) return [];
  const { slots, rank } = room;
  return ["--enable-lora", "--max-lora-rank", rank, "--max-loras", slots, "--max-cpu-loras", slots];
};

const vllm = (order: Order): Part => {
  const { server, models } = order;
  const [id = ""] = idsOf(models);
  return [
    ...(server.command ?? ["vllm", "serve"]),
    server.weights ?? id,
    ...(server.weights === undefined ? [] : ["--served-model-name", id]),
    ...["--host", HOST, "--port", server.port],
    ...option("--max-model-len", contextOf(models)),
    ...option("--gpu-memory-utilization", server.gpuShare),
    ...(server.gpus && server.gpus.length > 1 ? ["--tensor-parallel-size", server.gpus.length] : []),
    ...adapterOptions(order),
    ...(sleeps(models) ? ["--enable-sleep-mode"] : []),
  ];
};

/** With one model the server is pinned to it and loads it before it becomes healthy. */
const transformers = ({ server, models }: Order): Part => {
  const ids = server.weights === undefined ? idsOf(models) : [server.weights];
  return [
    ...(server.command ?? ["transformers", "serve"]),
    ...(ids.length === 1 ? ids : []),
    ...["--host", HOST, "--port", server.port],
  ];
};

const GATEWAY = fileURLToPath(new URL("llamacpp/gateway-process.ts", import.meta.url));

/** llama-server takes adapters at its start only: the gateway, in its place, starts it again with those that a run loads. */
const gatewayBefore = ({ config, server, models }: Order): Part => {
  const { converter = [], port, startSeconds } = server;
  if (converter.length === 0 || !takesAdapters(config, models)) return [];
  const [id = ""] = idsOf(models);
  const base = models.find(({ trainFrom }) => trainFrom !== undefined)?.trainFrom ?? id;
  return [
    ...[process.execPath, GATEWAY, "--port", port, "--start-seconds", startSeconds, "--model", id],
    ...["--base", existsSync(base) ? resolve(base) : base, "--adapters", resolve(config.runsFolder)],
    ...[...converter.map((word) => `--converter=${word}`), "--"],
  ];
};

/** llama-server divides its context among its parallel calls. */
const llamacpp = (order: Order): Part => {
  const { server, models } = order;
  const [id = ""] = idsOf(models);
  const weights = server.weights ?? id;
  const context = contextOf(models);
  const bounds = models.flatMap(({ maxConcurrency }) => maxConcurrency ?? []);
  const parallel = bounds.length > 0 ? Math.min(...bounds) : 4;
  const gateway = gatewayBefore(order);
  return [
    ...gateway,
    ...(server.command ?? ["llama-server"]),
    ...[weights.endsWith(".gguf") ? "--model" : "-hf", weights, "--alias", id],
    // The gateway chooses its port.
    ...["--host", HOST, ...(gateway.length > 0 ? [] : ["--port", server.port]), "--parallel", parallel],
    ...option("--ctx-size", context === undefined ? undefined : context * parallel),
  ];
};

const builders: Readonly<Record<ServerConfig["kind"], (order: Order) => Part>> = {
  vllm,
  transformers,
  llamacpp,
  command: ({ server }) => server.command ?? [],
};

const environmentOf = ({ config, server, models }: Order): Record<string, string> => ({
  ...(server.gpus ? { CUDA_VISIBLE_DEVICES: server.gpus.join(",") } : {}),
  ...(server.kind === "vllm" && takesAdapters(config, models)
    ? { VLLM_ALLOW_RUNTIME_LORA_UPDATING: "True" }
    : {}),
  // vLLM has sleep endpoints only in its development mode.
  ...(server.kind === "vllm" && sleeps(models) ? { VLLM_SERVER_DEV_MODE: "1" } : {}),
});

const KEY_VARIABLES: Readonly<Partial<Record<ServerConfig["kind"], string>>> = {
  vllm: "VLLM_API_KEY",
  llamacpp: "LLAMA_API_KEY",
};

/** The server requires the key that its models use. */
const borrowedOf = ({ server, models }: Order): Record<string, string> => {
  const variable = KEY_VARIABLES[server.kind];
  const source = models.find(({ apiKeyEnv }) => apiKeyEnv !== undefined)?.apiKeyEnv;
  return variable === undefined || source === undefined ? {} : { [variable]: source };
};

const commandOf = (config: Config, server: ServerConfig): ServerCommand => {
  const order = { config, server, models: modelsAt(server.port, config.models) };
  const fill = (part: string | number) => String(part).replaceAll("{port}", String(server.port));
  const [program = "", ...rest] = [...builders[server.kind](order), ...server.arguments].map(fill);
  const { name, folder, port, gpus, health, startSeconds, restarts } = server;
  return {
    ...{ name, folder, port, gpus, startSeconds, restarts },
    argv: [program, ...rest],
    environment: environmentOf(order),
    borrowed: borrowedOf(order),
    health: `http://${HOST}:${port}${health}`,
  };
};

/** One command per server of the configuration. */
export const serverCommands = (config: Config): ServerCommand[] =>
  config.servers.map((server) => commandOf(config, server));

/**
 * The command line that starts the server by hand. Variables copied from our environment, such as keys, are shown by
 * name only.
 */
export const shellLine = ({ argv, environment, borrowed, folder }: ServerCommand): string => {
  const set = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
  const copied = Object.entries(borrowed).map(([name, source]) => `${name}="$${source}"`);
  const line = [...set, ...copied, ...argv.map(quoted)].join(" ");
  return folder === undefined ? line : `(cd ${quoted(folder)} && ${line})`;
};
