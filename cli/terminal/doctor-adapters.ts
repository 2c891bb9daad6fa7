/** Whether an endpoint takes adapters at run time in the way that its models declare. */
import type { ModelConfig } from "../../runtime/config/config.ts";
import { type AdapterKind, adapterKindOf } from "../../runtime/model/adapters/kinds.ts";
import { addressAtRoot } from "../../runtime/model/address.ts";
import { shownEndpoint } from "../../runtime/model/model-error.ts";
import { type Check, failed, passed } from "./doctor-check.ts";

/** A request to the endpoint: GET without a body, else POST. */
type Ask = (url: string, body?: string) => Promise<Response>;

/** Undefined if it takes them; else why not. */
type Probe = (endpoint: string, ask: Ask) => Promise<string | undefined>;

/** The empty request loads nothing. A server with this path rejects it as invalid (400 or 422); others answer 404. */
const rejectsEmpty =
  (path: string): Probe =>
  async (endpoint, ask) => {
    const { status } = await ask(addressAtRoot(endpoint, path), "{}");
    return status === 400 || status === 422 ? undefined : `HTTP ${status} at ${path}`;
  };

/** The last version that creates models from a base and an adapter, as reported in ollama/ollama#14969. */
const LAST_OLLAMA = [0, 34, 0];

const isLater = (version: readonly number[], last: readonly number[]): boolean => {
  const index = version.findIndex((part, place) => part !== last[place]);
  return index >= 0 && (version[index] ?? 0) > (last[index] ?? 0);
};

const createsModels: Probe = async (endpoint, ask) => {
  const response = await ask(addressAtRoot(endpoint, "/api/version"));
  if (response.status !== 200) return `HTTP ${response.status} at /api/version`;
  const { version } = (await response.json()) as { version?: unknown };
  const parts = String(version).split(/[.-]/).slice(0, 3).map(Number);
  if (!isLater(parts, LAST_OLLAMA)) return undefined;
  return `Ollama ${String(version)} creates no models with adapters; ${LAST_OLLAMA.join(".")} did`;
};

const probes: Readonly<Record<AdapterKind, Probe>> = {
  vllm: rejectsEmpty("/v1/load_lora_adapter"),
  sglang: rejectsEmpty("/load_lora_adapter"),
  ollama: createsModels,
};

const fixes: Readonly<Record<AdapterKind, string>> = {
  vllm: "start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, or llama.cpp by agora up with a converter",
  sglang: "start SGLang with --enable-lora, --max-lora-rank and --lora-target-modules",
  ollama: "install the Ollama that creates them",
};

const probed = async (kind: AdapterKind, endpoint: string, ask: Ask): Promise<string | undefined> => {
  try {
    return await probes[kind](endpoint, ask);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** The kinds whose endpoints are there, other than the declared one. */
const othersThere = async (declared: AdapterKind, endpoint: string, ask: Ask): Promise<AdapterKind[]> => {
  const others = (Object.keys(probes) as AdapterKind[]).filter((kind) => kind !== declared);
  const problems = await Promise.all(others.map((kind) => probed(kind, endpoint, ask)));
  return others.filter((_, index) => problems[index] === undefined);
};

const checkKind = async (endpoint: string, kind: AdapterKind, ask: Ask): Promise<Check> => {
  const name = `adapters at ${shownEndpoint(endpoint)}`;
  const problem = await probed(kind, endpoint, ask);
  if (problem === undefined) return passed(name, `can be loaded at run time, as by ${kind}`);
  const others = await othersThere(kind, endpoint, ask);
  const none = "set adapters: false for its models, which then play untrained";
  const fix = [...others.map((other) => `set adapters: ${other} for its models`), fixes[kind], none].join(
    ", or ",
  );
  return failed(name, `cannot be loaded at run time (${problem})`, fix);
};

/** One check for each kind that the models of an endpoint declare, and one for each model without adapters. */
export const checkAdapters = async (
  endpoint: string,
  models: readonly ModelConfig[],
  ask: Ask,
): Promise<Check[]> => {
  const kinds = new Set(models.flatMap(({ adapters }) => adapterKindOf(adapters) ?? []));
  const untrained = models.filter(({ adapters }) => !adapters);
  return [
    ...(await Promise.all([...kinds].map((kind) => checkKind(endpoint, kind, ask)))),
    ...untrained.map(({ name }) =>
      passed(`${name} adapters`, "plays untrained: its endpoint takes no adapters (adapters: false)"),
    ),
  ];
};
