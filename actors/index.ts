/** The registry of agent types: add one by naming it here, or by its module's path in the configuration. */
import type { Config } from "../runtime/config/config.ts";
import { OptionsError } from "../runtime/plugin/options.ts";
import { plugIn, type Socket } from "../runtime/plugin/socket.ts";
import type { Validation } from "../runtime/task.ts";
import type { AgentType } from "./agent.ts";
import { anchorOf } from "./anchor.ts";
import { attendance } from "./attendance.ts";
import { historian } from "./historian.ts";
import { model } from "./model.ts";
import { operator } from "./operator.ts";
import { referee } from "./referee.ts";
import { supervisor } from "./supervisor.ts";
import { trainer } from "./training/trainer.ts";

/**
 * Started in every run; models are started by name, one for each of the configuration's. `isAlone`: no other process
 * can take part.
 */
export const institutionsOf = (validation: Validation, isAlone: boolean): readonly AgentType[] => [
  ...[historian, referee, trainer, anchorOf(validation)],
  ...(isAlone ? [] : [attendance]),
  ...[supervisor, operator],
];

/** The anchor is missing because it needs the validation set. */
export const agentTypes: Readonly<Record<string, AgentType>> = {
  attendance,
  historian,
  model,
  operator,
  referee,
  supervisor,
  trainer,
};

const socket: Socket<AgentType> = {
  name: "agent",
  type: "AgentType",
  members: { kind: "string", member: "boolean", essential: "boolean", plan: "function" },
  known: Object.fromEntries(Object.entries(agentTypes).map(([name, type]) => [name, () => type])),
};

/** A reference to an agent type in the configuration, and its key. */
export interface NamedType {
  readonly key: string;
  readonly reference: string;
}

export const namedTypes = ({ agents, models }: Pick<Config, "agents" | "models">): NamedType[] => [
  ...agents.map((reference, index) => ({ key: `agents[${index}]`, reference })),
  ...models.map(({ kind: reference }, index) => ({ key: `models[${index}].kind`, reference })),
];

/** @throws PluginError */
export const agentType = ({ key, reference }: NamedType, config: Config): Promise<AgentType> =>
  plugIn(socket, reference, { key, config });

/** Options that no agent type reads are mistakes. @throws OptionsError */
export const checkOptions = ({ options }: Config, types: Iterable<AgentType>): void => {
  const kinds = new Set(Array.from(types, ({ kind }) => kind));
  const unknown = Object.keys(options).find((name) => !kinds.has(name));
  if (unknown === undefined) return;
  throw new OptionsError(`options.${unknown}`, "no agent type of the run has this name", [...kinds]);
};

/** The agent types by their references. @throws PluginError, OptionsError */
export const agentTypesOf = async (config: Config): Promise<ReadonlyMap<string, AgentType>> => {
  const entries = namedTypes(config).map(
    async (named): Promise<[string, AgentType]> => [named.reference, await agentType(named, config)],
  );
  const types = new Map(await Promise.all(entries));
  checkOptions(config, types.values());
  return types;
};
