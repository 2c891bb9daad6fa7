/** The registry of agent types: add one by naming it here, or by its module's path in the configuration. */

import { pathToFileURL } from "node:url";
import { AgoraError } from "../runtime/agora-error.ts";
import type { Validation } from "../runtime/task.ts";
import type { AgentType } from "./agent.ts";
import { anchorOf } from "./anchor.ts";
import { historian } from "./historian.ts";
import { model } from "./model.ts";
import { referee } from "./referee.ts";
import { supervisor } from "./supervisor.ts";
import { trainer } from "./trainer.ts";

/** Started in every run; models are started by name, one for each of the configuration's. */
export const institutionsOf = (validation: Validation): readonly AgentType[] => [
  ...[historian, referee, trainer, anchorOf(validation), supervisor],
];

/** The anchor has no name here: it alone is handed the validation set. */
export const agentTypes: Readonly<Record<string, AgentType>> = {
  historian,
  model,
  referee,
  supervisor,
  trainer,
};

/** An agent type that cannot be found or is none. */
export class AgentTypeError extends AgoraError<"AGORA_AGENT_TYPE"> {}

const isAgentType = (candidate: unknown): candidate is AgentType =>
  typeof candidate === "object" && candidate !== null && "kind" in candidate && "plan" in candidate;

const importType = async (path: string): Promise<AgentType> => {
  const module: Record<string, unknown> = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    const known = Object.keys(agentTypes).join(", ");
    throw new AgentTypeError("AGORA_AGENT_TYPE", `agent type ${path} cannot be loaded`, {
      expected: `one of ${known}, or the path of a module`,
      cause,
    });
  });
  const found = Object.values(module).find(isAgentType);
  if (found !== undefined) return found;
  throw new AgentTypeError("AGORA_AGENT_TYPE", `${path} exports no AgentType`, {
    fix: "export a constant with kind, member, essential and plan",
  });
};

/** A registry name, or the path of a module that exports an `AgentType`. @throws AgentTypeError */
export const agentType = async (reference: string): Promise<AgentType> =>
  agentTypes[reference] ?? importType(reference);
