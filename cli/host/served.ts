/** The models of a process with their adapters, by agent name. */
import { probesOf } from "../../actors/serving/probes.ts";
import { ServedModel } from "../../actors/serving/served-model.ts";
import type { PromptPack } from "../../prompts/pack.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Model } from "../../runtime/model/model.ts";
import type { Task } from "../../runtime/task.ts";
import { runFolder } from "./run-folder.ts";

export interface ServingParts {
  readonly task: Task;
  readonly pack: PromptPack;
  readonly packs?: ReadonlyMap<string, PromptPack>;
}

/** `created`: when the run was created [ms since 1970]. */
export const servedModels = (
  models: readonly Model[],
  config: Config,
  { task, pack, packs }: ServingParts,
  created: number | undefined,
): Map<string, ServedModel> => {
  const folder = runFolder(config);
  const served = models.map((model): [string, ServedModel] => {
    const probes = probesOf({ config, name: model.name, pack: packs?.get(model.name) ?? pack }, task);
    const options = { created, probes, whileClosed: config.whileTraining };
    return [model.name, new ServedModel(model, folder, options)];
  });
  return new Map(served);
};
