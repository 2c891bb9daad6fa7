/** Checks of the task, rater, trainer, agent types and packs of a configuration: each is loaded as in a run. */
import { raterOf } from "../../actors/rater.ts";
import { taskOf } from "../../experiments/tasks/index.ts";
import { loadPack } from "../../prompts/pack.ts";
import { AgoraError } from "../../runtime/agora-error.ts";
import type { Config } from "../../runtime/config/config.ts";
import { PluginError } from "../../runtime/plugin/plugin-error.ts";
import { isPath } from "../../runtime/plugin/reference.ts";
import type { Task } from "../../runtime/task.ts";
import { trainingOf } from "../../trainer/backends.ts";
import { packFolder } from "../host/packs.ts";
import { type Check, failed, passed, reasonOf } from "./doctor-check.ts";

/** `load` resolves with a description of what it loaded. */
const loading = async (name: string, load: () => Promise<string>): Promise<Check> => {
  try {
    return passed(name, await load());
  } catch (error) {
    if (error instanceof PluginError) return failed(name, error.detail, error.fix ?? "");
    const { problem, fix } = error instanceof AgoraError ? error : { problem: reasonOf(error) };
    return failed(name, problem, fix ?? "correct this key of the configuration");
  }
};

const shown = ({ name, benchmarks }: Task): string =>
  benchmarks.length > 0 ? `${name}, with benchmarks ${benchmarks.join(", ")}` : `${name}, with no benchmarks`;

const agentChecks = async (config: Config): Promise<Promise<Check>[]> => {
  const { agentType, namedTypes } = await import("../../actors/index.ts");
  return namedTypes(config)
    .filter(({ reference }) => reference !== "model")
    .map((named) =>
      loading(`${named.key} ${named.reference}`, async () => {
        const { kind, member } = await agentType(named, config);
        return member ? `${kind}, a member of the group` : kind;
      }),
    );
};

/** A type that cannot be loaded has a failed check of its own, and may be the one that reads them. */
const optionsChecks = async (config: Config): Promise<Promise<Check>[]> => {
  const names = Object.keys(config.options);
  if (names.length === 0) return [];
  const { agentType, checkOptions, namedTypes } = await import("../../actors/index.ts");
  const types = await Promise.allSettled(namedTypes(config).map((named) => agentType(named, config)));
  const loaded = types.flatMap((type) => (type.status === "fulfilled" ? [type.value] : []));
  if (loaded.length < types.length) return [];
  return [
    loading("options", async () => {
      checkOptions(config, loaded);
      return `of ${names.join(", ")}`;
    }),
  ];
};

const packChecks = ({ pack, models }: Config): Promise<Check>[] =>
  [...new Set([pack, ...models.flatMap((model) => model.pack ?? [])])].map((reference) =>
    loading(`pack ${reference}`, async () => `${loadPack(packFolder(reference)).name}, all prompts readable`),
  );

const trainerChecks = (config: Config, checkpoints: string): Promise<Check>[] =>
  isPath(config.trainer)
    ? [
        loading(`trainer ${config.trainer}`, async () => {
          const { slots = 1 } = await trainingOf(config, checkpoints);
          return `trains ${slots} jobs at once`;
        }),
      ]
    : [];

/** `checkpoints`: folder of the pocket models. */
export const diagnosePlugins = async (config: Config, checkpoints: string): Promise<Check[]> =>
  Promise.all([
    loading(`task ${config.task}`, async () => shown(await taskOf(config))),
    loading(`rater ${config.rater}`, async () => {
      const { mu, sigma } = (await raterOf(config)).initial();
      return `starts at ${mu.toFixed(1)} ± ${sigma.toFixed(1)}`;
    }),
    ...trainerChecks(config, checkpoints),
    ...(await agentChecks(config)),
    ...(await optionsChecks(config)),
    ...packChecks(config),
  ]);
