/** Ratings: machines/referee.ts with TrueSkill loaded when the referee starts. */
import { fromPromise } from "xstate";
import { refereeMachine } from "../machines/referee.ts";
import { type AgentType, planOf } from "./agent.ts";
import { loadTrueSkill } from "./rater.ts";

export const referee: AgentType = {
  kind: "referee",
  member: false,
  essential: true,
  plan: (tools) => {
    const machine = refereeMachine.provide({
      actors: { loadRater: fromPromise(loadTrueSkill) },
    });
    return planOf("referee", machine, { settings: tools.config, records: tools.records });
  },
};
