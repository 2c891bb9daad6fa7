/** An agent type that reports the name of everything it can reach through its tools, but for the run's settings. */
import { setup } from "xstate";
import type { Message } from "../runtime/messages.ts";
import { type AgentType, planOf } from "./agent.ts";

const machine = setup({ types: { events: {} as Message } }).createMachine({ id: "curious" });

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Own and inherited names, methods included. */
const namesOf = (value: object): string[] => {
  const prototype: unknown = Object.getPrototypeOf(value);
  const inherited = isObject(prototype) && prototype !== Object.prototype ? namesOf(prototype) : [];
  return [...Object.getOwnPropertyNames(value), ...inherited];
};

export const reachable = (start: object): Set<string> => {
  const names = new Set<string>();
  const seen = new Set<object>();
  const visit = (value: object): void => {
    if (seen.has(value)) return;
    seen.add(value);
    if (value instanceof Map || value instanceof Set)
      for (const item of value.values()) if (isObject(item)) visit(item);
    for (const name of namesOf(value)) {
      names.add(name);
      const next: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
      if (isObject(next)) visit(next);
    }
  };
  visit(start);
  return names;
};

export const curious: AgentType = {
  kind: "curious",
  member: false,
  essential: false,
  plan: (tools) => {
    const { config: _, ...others } = tools;
    tools.note({ where: "tools", cause: [...reachable(others)].join(" ") });
    return planOf("curious", machine, undefined);
  },
};
