/** Rounds, difficulty and strategy: machines/supervisor.ts needs no effect but the wire. */
import { supervisorMachine } from "../machines/supervisor.ts";
import { type AgentType, planOf } from "./agent.ts";

export const supervisor: AgentType = {
  kind: "supervisor",
  member: false,
  essential: true,
  plan: (tools) => {
    const machine = supervisorMachine.provide({ actions: { publish: (_, drafts) => tools.send(drafts) } });
    const expected = tools.config.models.map(({ name }) => name);
    const input = { settings: tools.config, records: tools.records, expected };
    return planOf("supervisor", machine, input, [
      "agent.joined",
      "agent.left",
      "agent.lapsed",
      "agent.recovered",
      "round.opened",
      "round.closed",
      "question.settled",
      "question.voided",
      "strategy.changed",
      "anchor.measured",
      "anchor.missed",
      "training.requested",
      "training.failed",
      "adapter.rejected",
      "adapter.published",
      "adapter.withdrawn",
      "run.finished",
    ]);
  },
};
