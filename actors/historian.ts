/** The elite history: machines/historian.ts needs no effect. */
import { historianMachine } from "../machines/historian.ts";
import { type AgentType, planOf } from "./agent.ts";

export const historian: AgentType = {
  kind: "historian",
  member: false,
  essential: true,
  plan: ({ config: settings, records }) => ({
    ...planOf("historian", historianMachine, { settings, records }),
    gathers: true,
  }),
};
