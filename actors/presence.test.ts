import fc from "fast-check";
import { expect, test } from "vitest";
import { sealed } from "../runtime/messages.fixture.ts";
import type { Draft, Message } from "../runtime/messages.ts";
import { Presence } from "./presence.ts";

const names = ["ant", "bee", "cat", "owl"];

const draftOf = (agent: string): Draft[] => [
  { type: "agent.joined", agent, kind: "model", machine: null, member: agent !== "owl", verifies: true },
  { type: "agent.left", agent, reason: "done" },
  { type: "agent.lapsed", agent, failures: 1, cause: "no sign of life" },
  { type: "agent.recovered", agent },
];

const history = fc
  .array(fc.constantFrom(...names.flatMap(draftOf)), { maxLength: 30 })
  .map((drafts) => drafts.map((draft) => sealed(draft, "attendance")));

const knowing = (messages: readonly Message[]): Presence => {
  const presence = new Presence();
  for (const message of messages) presence.accept(message);
  return presence;
};

const seenIn = (presence: Presence) => ({
  present: names.filter((name) => presence.isPresent(name)),
  members: presence.members().toSorted(),
  verifiers: presence.having("verifies"),
});

test("who hears what has changed knows the same as the other", () => {
  fc.assert(
    fc.property(history, history, (mine, theirs) => {
      const [own, other] = [knowing(mine), knowing(theirs)];
      for (const message of own.changesTo(other.messages())) own.accept(message);
      expect(seenIn(own)).toEqual(seenIn(other));
      expect(own.changesTo(other.messages())).toEqual([]);
    }),
  );
});

test("nothing has changed for who knows the same", () => {
  fc.assert(
    fc.property(history, (messages) => {
      const presence = knowing(messages);
      expect(presence.changesTo(presence.messages())).toEqual([]);
    }),
  );
});
