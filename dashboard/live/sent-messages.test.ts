import { expect, test } from "vitest";
import { setup } from "xstate";
import type { Neighbour } from "../../actors/house.ts";
import type { Message } from "../../runtime/messages.ts";
import { SentMessages } from "./sent-messages.ts";

const machine = setup({}).createMachine({ on: { "agent.recovered": { actions: () => {} } } });
const deaf = setup({}).createMachine({ on: { "agent.left": { actions: () => {} } } });
const neighbour = (name: string, kind: string, more: object = {}, topic?: string): Neighbour => {
  const plan = { kind, machine, input: undefined, ...more };
  return { residence: { name, plan, member: false, essential: false, topic } } as unknown as Neighbour;
};
const house = {
  residents: () => [
    neighbour("ant", "model"),
    neighbour("bee", "model"),
    neighbour("fly", "model", { heeds: () => false }),
    neighbour("cat", "observer", { machine: deaf }),
    neighbour("ant/q1", "question", {}, "q1"),
    neighbour("ant/q2", "question", {}, "q2"),
  ],
};
const recovered = (from: string): Message => ({ type: "agent.recovered", from, at: 0, agent: from });

test("counts by sender; the receivers are those who listen, guests as a crowd", () => {
  const sent = new SentMessages();
  sent.add(recovered("ant"));
  sent.add(recovered("ant"));
  const flows = sent.take(house, 10).map(([from, to, type]) => `${from} → ${to}: ${type}`);
  expect(flows.toSorted()).toEqual(["ant → bee: agent.recovered", "ant → questions: agent.recovered"]);
  expect(sent.take(house, 10)).toEqual([]);
});

test("messages of all guests come from their crowd", () => {
  const sent = new SentMessages();
  sent.add(recovered("ant/q1"));
  sent.add(recovered("ant/q2"));
  const flows = sent.take(house, 10);
  expect(flows.map(([from, to]) => `${from} → ${to}`).toSorted()).toEqual([
    "questions → ant",
    "questions → bee",
    "questions → questions",
  ]);
});

test("only the busiest flows are kept", () => {
  const sent = new SentMessages();
  for (const from of ["bee", "ant", "ant", "ant"]) sent.add(recovered(from));
  const flows = sent.take(house, 1);
  expect(flows).toHaveLength(1);
  expect(flows[0]?.[0]).toBe("ant");
});
