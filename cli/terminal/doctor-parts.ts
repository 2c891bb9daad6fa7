/** Checks of what a run is put together from: its task, its prompt packs, its agent types. */
import { taskOf } from "../../experiments/tasks/index.ts";
import { loadPack } from "../../prompts/pack.ts";
import type { Config } from "../../runtime/config/config.ts";
import { packFolder } from "../host/pack-folder.ts";
import { type Check, failed, passed, reasonOf } from "./doctor-check.ts";

const checked = async (name: string, look: () => string | Promise<string>, fix: string): Promise<Check> => {
  try {
    return passed(name, await look());
  } catch (error) {
    return failed(name, reasonOf(error), fix);
  }
};

/** A task may need files of the user's. */
const checkTask = (config: Config): Promise<Check> =>
  checked(
    `task ${config.task}`,
    () => {
      const { benchmarks } = taskOf(config);
      return benchmarks.length > 0 ? `benchmarks ${benchmarks.join(", ")}` : "no benchmarks";
    },
    "correct the configuration's task, anchorFile or benchmarkFiles",
  );

const checkPack = (pack: string): Promise<Check> =>
  checked(`pack ${pack}`, () => loadPack(packFolder(pack)).name, "correct the configuration's pack");

const checkAgent = (reference: string): Promise<Check> =>
  checked(
    `agent type ${reference}`,
    async () => {
      const { agentType } = await import("../../actors/index.ts");
      return (await agentType(reference)).kind;
    },
    "correct the configuration's agents, or the model's kind",
  );

export const diagnoseParts = (config: Config): Promise<Check[]> => {
  const packs = new Set([config.pack, ...config.models.flatMap(({ pack }) => pack ?? [])]);
  const agents = new Set([...config.agents, ...config.models.map(({ kind }) => kind)]);
  return Promise.all([checkTask(config), ...[...packs].map(checkPack), ...[...agents].map(checkAgent)]);
};
