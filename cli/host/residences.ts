/** Which agents live in a process, and how they move in. */
import type { AgentType } from "../../actors/agent.ts";
import type { House, Residence } from "../../actors/house.ts";
import type { Config } from "../../runtime/config/config.ts";
import { type Task, validationOf } from "../../runtime/task.ts";
import type { ToolsFor } from "./tools.ts";

type Named = readonly [name: string, type: AgentType, model?: string];

export interface Household {
  readonly config: Config;
  readonly task: Task;
  readonly tools: ToolsFor;
}

const residencesFor = (named: readonly Named[], tools: ToolsFor): Residence[] =>
  named.map(([name, type, model]): Residence => {
    const plan = type.plan(tools(name));
    const { member, essential, remarks, poses, verifies } = type;
    return { name, plan, member, essential, remarks, poses, verifies, model };
  });

const typesIn = async (config: Config) => {
  const { agentTypesOf } = await import("../../actors/index.ts");
  const types = await agentTypesOf(config);
  return (reference: string): AgentType[] => [types.get(reference) ?? []].flat();
};

/** Members of the configuration by name. */
const membersIn = (
  { models }: Config,
  typesOf: (reference: string) => readonly AgentType[],
  isHere: (name: string) => boolean,
): Named[] =>
  models
    .filter(({ name }) => isHere(name))
    .flatMap(({ name, kind, model }) => typesOf(kind).map((type): Named => [name, type, model]));

/** The agents of the host: all but the members that play elsewhere. Institutions come first: they must hear the models join. */
export const hostResidences = async (
  { config, task, tools }: Household,
  { remote, isAlone }: { readonly remote: readonly string[]; readonly isAlone: boolean },
): Promise<Residence[]> => {
  const { institutionsOf } = await import("../../actors/index.ts");
  const typesOf = await typesIn(config);
  const common = [...institutionsOf(validationOf(task), isAlone), ...config.agents.flatMap(typesOf)];
  const members = membersIn(config, typesOf, (name) => !remote.includes(name));
  return residencesFor([...common.map((type): Named => [type.kind, type]), ...members], tools);
};

/** Members of these names, once their types are loaded: they must start the moment the journal has been read. */
export const guestResidences = async (
  config: Config,
  names: readonly string[],
): Promise<(tools: ToolsFor) => Residence[]> => {
  const typesOf = await typesIn(config);
  return (tools) =>
    residencesFor(
      membersIn(config, typesOf, (name) => names.includes(name)),
      tools,
    );
};

export const settleIn = (house: House, residences: readonly Residence[]): void => {
  for (const residence of residences) house.admit(residence);
  for (const residence of residences) house.announce(residence);
};
