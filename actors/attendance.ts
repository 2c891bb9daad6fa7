/** Signs of life of agents in other processes: machines/attendance.ts needs no effect. */
import { randomUUID } from "node:crypto";
import { attendanceMachine } from "../machines/attendance.ts";
import { type AgentType, planOf } from "./agent.ts";

export const attendance: AgentType = {
  kind: "attendance",
  member: false,
  essential: true,
  plan: ({ config: settings }) => planOf("attendance", attendanceMachine, { settings, life: randomUUID() }),
};
