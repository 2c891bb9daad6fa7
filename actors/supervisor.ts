/** Rounds, difficulty and strategy: machines/supervisor.ts needs no effect. */
import { supervisorMachine } from "../machines/supervisor.ts";
import { type AgentType, planOf } from "./agent.ts";

export const supervisor: AgentType = {
  kind: "supervisor",
  member: false,
  essential: true,
  plan: (tools) => {
    const expected = tools.config.models.map(({ name }) => name);
    const input = { settings: tools.config, records: tools.records, expected };
    return planOf("supervisor", supervisorMachine, input);
  },
};
