/** The elite history: machines/historian.ts needs no effect but the wire. */
import { historianMachine } from "../machines/historian.ts";
import { type AgentType, planOf } from "./agent.ts";

export const historian: AgentType = {
  kind: "historian",
  member: false,
  essential: true,
  plan: (tools) => {
    const machine = historianMachine.provide({ actions: { publish: (_, drafts) => tools.send(drafts) } });
    const input = { settings: tools.config, records: tools.records };
    return planOf("historian", machine, input, ["agent.joined", "question.settled", "strategy.changed"]);
  },
};
