import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryMessage, sealed } from "../messages.fixture.ts";
import { senderOf, subjectOf, whyImpostor } from "./sender.ts";
import { failed, left, remark } from "./wire.fixture.ts";

test("every subject has six tokens, with the sender as the third", () => {
  fc.assert(
    fc.property(arbitraryMessage, fc.stringMatching(/^[^/]+$/), (message, from) => {
      const tokens = subjectOf("run", { ...message, from }).split(".");
      expect(tokens).toHaveLength(6);
      expect(tokens.slice(0, 3)).toEqual(["agora", "run", senderOf(from)]);
      expect(tokens[2]).toMatch(/^[^\s*>]+$/);
    }),
  );
});

test("different senders have different tokens; a question is a part of its agent", () => {
  const name = fc.stringMatching(/^[^/]+$/);
  fc.assert(fc.property(name, name, (one, other) => (senderOf(one) === senderOf(other)) === (one === other)));
  expect(senderOf("wren/q1.0")).toBe("wren");
  expect([senderOf("a.b"), senderOf("a_b"), senderOf("a%2eb")]).toEqual(["a%2eb", "a_b", "a%252eb"]);
});

test("a message is refused on another's subject, and for another agent", () => {
  const subject = "agora.r.ada.agent.left.ada";
  expect(whyImpostor("r", subject, sealed(left("ada"), "ada"))).toBeUndefined();
  expect(whyImpostor("r", subject, sealed(left("ada"), "ada/q1"))).toBeUndefined();
  expect(whyImpostor("r", subject, sealed(left("ada"), "bob"))).toBe("bob is not the sender of this subject");
  expect(whyImpostor("r", subject, sealed(left("bob"), "ada"))).toBe("ada must not send agent.left for bob");
  expect(whyImpostor("r", "agora.r.adam.x", sealed(remark("q1"), "ada"))).toContain("not the sender");
  expect(whyImpostor("other", subject, sealed(left("ada"), "ada"))).toContain("not the sender");
  expect(whyImpostor("r", "agora.r.trainer.x", sealed(failed("j1"), "trainer"))).toBeUndefined();
});
