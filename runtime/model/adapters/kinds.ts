/** The kinds of servers that take adapters, by their names in the configuration. */
import type { ADAPTER_KINDS } from "../../config/model-keys.ts";
import type { AdapterServer, AdapterServerOptions } from "./adapter-server.ts";
import { ollamaAdapters } from "./ollama.ts";
import { sglangAdapters } from "./sglang.ts";
import { vllmAdapters } from "./vllm.ts";

export type AdapterKind = (typeof ADAPTER_KINDS)[number];

const servers: Readonly<Record<AdapterKind, (options: AdapterServerOptions) => AdapterServer>> = {
  vllm: vllmAdapters,
  sglang: sglangAdapters,
  ollama: ollamaAdapters,
};

export const adapterServerOf = (kind: AdapterKind, options: AdapterServerOptions): AdapterServer =>
  servers[kind](options);

/** The value of the configuration's key: true stands for vLLM's endpoints, undefined for none. */
export const adapterKindOf = (declared: boolean | AdapterKind): AdapterKind | undefined => {
  if (declared === true) return "vllm";
  return declared === false ? undefined : declared;
};
