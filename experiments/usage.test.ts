import { expect, test } from "vitest";
import type { MessageOf } from "../runtime/messages.ts";
import { emptyUsage, foldUsage, tokensPerQuestion } from "./usage.ts";

const metered = (more: Partial<MessageOf<"call.metered">>): MessageOf<"call.metered"> => ({
  ...{ type: "call.metered", model: "ant", role: "verifier", outcome: "done", from: "ant", at: 0 },
  ...{ calls: 1, promptTokens: 100, completionTokens: 20, seconds: 1 },
  ...more,
});

test("a question's tokens are those of all calls, with the aborted ones", () => {
  const usage = [
    metered({ cachedTokens: 60 }),
    metered({ model: "bee", outcome: "aborted", completionTokens: 8 }),
    metered({ role: "solver", outcome: "failed", completionTokens: 0 }),
  ].reduce(foldUsage, emptyUsage);
  expect(tokensPerQuestion(usage, 2)).toBe(164);
  expect(tokensPerQuestion(usage, 0)).toBeUndefined();
  expect(usage.total).toMatchObject({ calls: 3, cachedTokens: 60 });
  expect(usage.byModel.bee).toMatchObject({ calls: 1, cachedTokens: 0 });
  expect(usage.byRole.solver).toMatchObject({ calls: 1 });
  expect(usage.byOutcome.aborted).toMatchObject({ promptTokens: 100, completionTokens: 8 });
  expect(usage.measuring).toEqual({ promptTokens: 0, completionTokens: 0 });
});
