import { describe, expect, test } from "vitest";
import type { AgentView } from "../../view.ts";
import { agentOf, applyAgents, guests, isBusy, isCrowd, isGuest, pictureOf, roster } from "./agents.ts";

const view = (agent: string, more: Partial<AgentView> = {}): AgentView => ({
  ...{ agent, kind: "model", member: true, chart: "c", active: ["b", "a"], role: "idle", adapter: 0 },
  ...{ tokensPerSecond: 0, ...more },
});
const question = (agent: string, more: Partial<AgentView> = {}) =>
  view(agent, { kind: "question", member: false, ...more });

describe("agents", () => {
  test("lists guests separately from the roster and removes them when they end", () => {
    applyAgents([view("ant"), question("questions"), question("ant/q1")], true);
    expect([roster.value, guests.value]).toEqual([["ant", "questions"], ["ant/q1"]]);
    const before = roster.value;
    applyAgents([question("ant/q1", { gone: "it is over" })], false);
    expect(guests.value).toEqual([]);
    expect(roster.value).toBe(before);
  });

  test("updates the changed agent's signal only", () => {
    applyAgents([view("ant"), view("bee")], true);
    const [ant, bee] = [agentOf("ant"), agentOf("bee")];
    const was = bee?.value;
    applyAgents([view("ant", { role: "solver" })], false);
    expect([ant?.value.role, bee?.value === was]).toEqual(["solver", true]);
  });

  test("keeps a member that has left, and removes agents that a full frame does not contain", () => {
    applyAgents([view("ant"), view("bee"), view("cat")], true);
    applyAgents([view("ant", { gone: "failed" }), view("bee")], true);
    expect(roster.value).toEqual(["ant", "bee"]);
    expect(agentOf("ant")?.value.gone).toBe("failed");
  });

  test("gives the same summary for any order of agents and states", () => {
    applyAgents([view("bee"), view("ant", { active: ["a", "b"] })], true);
    const picture = pictureOf();
    applyAgents([view("ant"), view("bee")], true);
    expect(pictureOf()).toBe(picture);
    expect(picture).toBe("ant v0 [a b]\nbee v0 [a b]");
  });

  test("distinguishes crowds, guests and busy members", () => {
    expect([question("questions"), question("ant/q1"), view("ants")].map(isCrowd)).toEqual([
      true,
      false,
      false,
    ]);
    expect([question("questions"), question("ant/q1")].map(isGuest)).toEqual([false, true]);
    expect(isBusy(view("ant", { role: "solver" }))).toBe(true);
    expect(isBusy(view("referee", { member: false, kind: "referee", role: "rating" }))).toBe(false);
  });
});
