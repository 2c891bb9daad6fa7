/** Where prompt packs lie, and the packs of single models. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPack, type PromptPack } from "../../prompts/pack.ts";
import type { ModelConfig } from "../../runtime/config/config.ts";
import { isPath } from "../../runtime/plugin/reference.ts";

const packs = fileURLToPath(new URL("../../prompts/", import.meta.url));

/** `pack`: the name of a pack of the house, or the path of a folder. */
export const packFolder = (pack: string): string => (isPath(pack) ? resolve(pack) : join(packs, pack));

/** By model name; only of the models whose configuration names a pack. */
export const packsOf = (models: readonly ModelConfig[]): Map<string, PromptPack> =>
  new Map(
    models.flatMap(({ name, pack }) => (pack === undefined ? [] : [[name, loadPack(packFolder(pack))]])),
  );
