/** A model whose machine throws at the first remark. */
import type { AgentType } from "./agent.ts";
import { model } from "./model.ts";

const keepRemark = (): never => {
  throw new Error("a bug in the machine");
};

export const faultyModel: AgentType = {
  ...model,
  plan: (tools) => {
    const plan = model.plan(tools);
    return { ...plan, machine: plan.machine.provide({ actions: { keepRemark } }) };
  },
};
