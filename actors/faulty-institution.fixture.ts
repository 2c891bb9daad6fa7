/** An essential agent that throws when the first round opens. */
import { setup } from "xstate";
import type { Message } from "../runtime/messages.ts";
import { type AgentType, planOf } from "./agent.ts";

const machine = setup({
  types: { events: {} as Message },
  actions: {
    fail: () => {
      throw new Error("a bug in the institution");
    },
  },
}).createMachine({ id: "faulty", on: { "round.opened": { actions: "fail" } } });

export const faultyInstitution: AgentType = {
  kind: "faulty",
  member: false,
  essential: true,
  plan: () => planOf("faulty", machine, undefined),
};
