import { expect, test } from "vitest";
import type { Message } from "../../runtime/messages.ts";
import { said } from "../machines.fixture.ts";
import { foldMembership, nobody, presentIn } from "./membership.ts";

const joined = (agent: string, member = true): Message =>
  said("agent.joined", { agent, kind: "model", machine: {}, member });
const lapsed = said("agent.lapsed", { agent: "ant", failures: 3, cause: "down" });
const recovered = said("agent.recovered", { agent: "ant" });
const left = said("agent.left", { agent: "ant", reason: "gone" });
const after = (...records: Message[]) => records.reduce(foldMembership, nobody);
const both = [joined("ant"), joined("bee"), joined("anchor", false), joined("ant")];

test("members are the agents that joined as members, each once, in the order of joining", () => {
  expect(after(...both).members).toEqual(["ant", "bee"]);
});

test("who joins again as no member is none any more", () => {
  expect(after(...both, lapsed, joined("ant", false))).toEqual({ members: ["bee"], away: {} });
  expect(after(...both, joined("ant", false), joined("ant")).members).toEqual(["bee", "ant"]);
});

test("a member that lapses stays a member but is absent until it recovers", () => {
  const away = after(...both, lapsed);
  expect(away).toEqual({ members: ["ant", "bee"], away: { ant: "down" } });
  expect(presentIn(away)).toEqual(["bee"]);
  expect(presentIn(foldMembership(away, recovered))).toEqual(["ant", "bee"]);
  expect(after(lapsed)).toEqual(nobody);
});

test("a member that leaves is no longer a member, whether absent or present", () => {
  expect(after(...both, lapsed, left)).toEqual({ members: ["bee"], away: {} });
});
