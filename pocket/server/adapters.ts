/** `/v1/load_lora_adapter` and `/v1/unload_lora_adapter`, compatible with vLLM. */
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Context } from "hono";
import { z } from "zod";
import { readBody } from "./body.ts";
import type { Catalogue, ServedModel } from "./catalogue.ts";
import { modelNotFound, RequestError } from "./errors.ts";
import { requireWithin } from "./guard.ts";
import { type LoadAdapterRequest, loadAdapterRequest, unloadAdapterRequest } from "./requests.ts";

const adapterConfiguration = z.object({ base_model_name_or_path: z.string().nullish() });

/** `folders`: where adapters may lie. */
export const loadAdapter = async (
  context: Context,
  catalogue: Catalogue,
  folders: readonly string[],
): Promise<Response> => {
  const body = await readBody(context, loadAdapterRequest);
  const folder = resolve(body.lora_path);
  await requireWithin(folders, folder);
  const base = await statedBase(folder);
  const model = chooseModel(catalogue, body, base);
  await loadOrExplain(catalogue, model, body.lora_name, folder);
  return context.text(`Success: LoRA adapter '${body.lora_name}' added successfully.`);
};

export const unloadAdapter = async (context: Context, catalogue: Catalogue): Promise<Response> => {
  const body = await readBody(context, unloadAdapterRequest);
  await catalogue.unloadAdapter(body.lora_name);
  return context.text(`Success: LoRA adapter '${body.lora_name}' removed successfully.`);
};

/** The base model named in an adapter's configuration. @throws RequestError 400 if there is no adapter */
const statedBase = async (folder: string): Promise<string | undefined> => {
  try {
    const text = await readFile(join(folder, "adapter_config.json"), "utf8");
    return adapterConfiguration.parse(JSON.parse(text)).base_model_name_or_path ?? undefined;
  } catch (error) {
    throw unusable(folder, error);
  }
};

/** The model named in the request, otherwise the only served model, otherwise the adapter's base model. */
const chooseModel = (
  catalogue: Catalogue,
  body: LoadAdapterRequest,
  base: string | undefined,
): ServedModel => {
  const { models } = catalogue;
  if (body.base_model_name != null) {
    return (
      models.find(({ name }) => name === body.base_model_name) ?? unknownBase(catalogue, body.base_model_name)
    );
  }
  const [first, ...others] = models;
  if (first && others.length === 0) return first;
  const fitting = base === undefined ? [] : models.filter((model) => isBase(model, base));
  const [chosen, ...rivals] = fitting;
  if (chosen && rivals.length === 0) return chosen;
  const stated = base === undefined ? "names no base model" : `names the base model '${base}'`;
  const problem = `The adapter's configuration ${stated}, which does not match exactly one served model`;
  throw new RequestError(400, "base_model_unknown", problem, "base_model_name", {
    fix: "name one with 'base_model_name'",
  });
};

/** A configuration names a base by its name, by the path of its folder, or by the folder's name. */
const isBase = ({ name, folder }: ServedModel, base: string): boolean => {
  if (name === base || name === basename(base)) return true;
  return folder !== undefined && basename(resolve(folder)) === basename(base);
};

const unknownBase = (catalogue: Catalogue, name: string): never => {
  throw modelNotFound(
    name,
    catalogue.models.map((model) => model.name),
  );
};

const loadOrExplain = async (
  catalogue: Catalogue,
  model: ServedModel,
  name: string,
  folder: string,
): Promise<void> => {
  try {
    await catalogue.loadAdapter(model, name, folder);
  } catch (error) {
    throw error instanceof RequestError ? error : unusable(folder, error);
  }
};

const unusable = (folder: string, cause: unknown): RequestError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `No usable LoRA adapter in '${folder}' (a folder in PEFT format): ${reason}`;
  return new RequestError(400, "adapter_unusable", message, "lora_path", { cause });
};
