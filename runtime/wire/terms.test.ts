/** Which of two hosts a receiver hears, in every order in which their messages may arrive. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { sealed } from "../messages.fixture.ts";
import type { Draft, Message } from "../messages.ts";
import { Terms } from "./terms.ts";

const pulsed = (agent: string): Message =>
  sealed({ type: "agent.pulsed", agent, life: "one", every: 2 } satisfies Draft, agent);

const term = fc.integer({ min: 1, max: 9 });
const institution = fc.constantFrom("attendance", "supervisor", "referee");
const member = fc.constantFrom("ant", "ant/q1", "bee");

test("once a receiver has heard the later host, it hears that one only", () => {
  const arrivals = fc.array(fc.record({ isLater: fc.constantFrom(true, false), from: institution }));
  fc.assert(
    fc.property(term, term, arrivals, (earlier, more, sent) => {
      const terms = new Terms();
      let isHeard = false;
      for (const { isLater, from } of sent) {
        isHeard ||= isLater;
        const refusal = terms.whyNot(pulsed(from), isLater ? earlier + more : earlier);
        expect(refusal === undefined).toBe(isLater || !isHeard);
      }
    }),
  );
});

test("no term of an agent silences the host, and those of others without terms are heard", () => {
  fc.assert(
    fc.property(
      term,
      fc.array(fc.record({ from: member, forged: fc.option(term, { nil: undefined }) })),
      (own, sent) => {
        const terms = new Terms();
        for (const { from, forged } of sent) {
          expect(terms.whyNot(pulsed("attendance"), own)).toBeUndefined();
          const isLow = forged !== undefined && forged < own;
          expect(terms.whyNot(pulsed(from), forged) === undefined).toBe(!isLow);
        }
        expect(terms.highest).toBe(sent.length > 0 ? own : 0);
      },
    ),
  );
});

test("those that live with a host are heard with its term only", () => {
  const terms = new Terms({ own: 5, isHosted: (agent) => agent !== "bee" });
  const isHeard = (from: string, given: number | undefined) =>
    terms.whyNot(pulsed(from), given) === undefined;
  expect([undefined, 4, 5].map((given) => isHeard("ant/q1", given))).toEqual([false, false, true]);
  expect([undefined, 4, 5].map((given) => isHeard("bee", given))).toEqual([true, false, true]);
});

test("what calls have cost is heard whoever says it", () => {
  const terms = new Terms({ own: 5, isHosted: () => true });
  const cost = { model: "ant", role: "solver", calls: 1, promptTokens: 1, completionTokens: 1, seconds: 1 };
  const metered = sealed({ type: "call.metered", ...cost, outcome: "done" }, "ant");
  expect(terms.whyNot(metered, 4)).toBeUndefined();
});

test("a host is told once that it was replaced, and a receiver once for each host that it refuses another", () => {
  const told: string[] = [];
  const onRefusal = (why: string) => void told.push(why);
  const host = new Terms({ own: 5, onReplaced: () => told.push("replaced"), onRefusal });
  for (const given of [5, 4, 6, 5, 6]) host.whyNot(pulsed("attendance"), given);
  const guest = new Terms({ onRefusal });
  for (const given of [5, 4, 4, 6, 5, 5]) guest.whyNot(pulsed("attendance"), given);
  const refusal = "attendance speaks for a host that was replaced";
  expect(told).toEqual([refusal, "replaced", refusal, refusal]);
});
