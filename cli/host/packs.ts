/** The prompt packs that models name for themselves. */
import { loadPack, type PromptPack } from "../../prompts/pack.ts";
import type { ModelConfig } from "../../runtime/config/config.ts";
import { packFolder } from "./pack-folder.ts";

/** Packs of the models that name one of their own. */
export const packsOf = (models: readonly ModelConfig[]): Map<string, PromptPack> =>
  new Map(
    models.flatMap(({ name, pack }) => (pack === undefined ? [] : [[name, loadPack(packFolder(pack))]])),
  );
