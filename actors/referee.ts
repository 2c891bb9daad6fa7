/** Ratings: machines/referee.ts with the rater loaded when the referee starts. */
import { fromPromise } from "xstate";
import { refereeMachine } from "../machines/referee.ts";
import { type AgentType, planOf } from "./agent.ts";
import { raterOf } from "./rater.ts";

export const referee: AgentType = {
  kind: "referee",
  member: false,
  essential: true,
  plan: (tools) => {
    const machine = refereeMachine.provide({
      actors: { loadRater: fromPromise(() => raterOf(tools.config)) },
    });
    const input = { settings: tools.config, records: tools.records };
    return { ...planOf("referee", machine, input), gathers: true };
  },
};
