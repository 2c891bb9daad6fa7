import { describe, expect, test } from "vitest";
import type { ModelCall, ModelReply } from "./model.ts";
import { codeOfStatus, ModelError } from "./model-error.ts";
import { SpentTokens } from "./spent.ts";

const call = (more: Partial<ModelCall> = {}): ModelCall => ({
  ...{ role: "verifier", system: "s".repeat(40), prompt: "p".repeat(60) },
  ...{ temperature: 0, topP: 1, maxTokens: 100 },
  ...more,
});
const reply = (promptTokens: number, completionTokens: number, choices = 1): ModelReply => ({
  ...{ promptTokens, completionTokens },
  texts: Array.from({ length: choices }, () => "so"),
  finish: Array.from({ length: choices }, () => "stop"),
});
const place = { endpoint: "http://127.0.0.1:9/v1", model: "ant", problem: "none" };
const failure = (status: number) => new ModelError(codeOfStatus(status), { ...place, status });
const aborted = new DOMException("the first refusal ends verification", "AbortError");

describe("the prompt of a request without an answer", () => {
  test("has a token for four characters until the model has answered, and then as many as the model's own", () => {
    const spent = new SpentTokens();
    expect(spent.of(call(), aborted, 1).promptTokens).toBe(25);
    spent.learn(call({ prompt: "p".repeat(160) }), reply(80, 10), 1);
    spent.learn(call(), reply(40, 10), 1);
    expect(spent.of(call(), aborted, 1).promptTokens).toBe(40);
  });

  test.each([
    ["a timeout", new ModelError("model.timeout", place), 25],
    ["an answer that cannot be read", new ModelError("model.malformed", place), 25],
    ["a server's failure", failure(500), 25],
    ["a lost connection", new ModelError("model.unreachable", place), 0],
    ["a full queue", failure(429), 0],
    ["a server that is not ready", failure(503), 0],
    ["a refusal", failure(400), 0],
  ])("after %s", (_, error, promptTokens) => {
    expect(new SpentTokens().of(call(), error, 1)).toEqual({ promptTokens, completionTokens: 0 });
  });
});

test("of the reply counts what the model writes in that role in that time, up to its most, for each choice", () => {
  const spent = new SpentTokens();
  spent.learn(call(), reply(25, 60), 3);
  spent.learn(call({ n: 2 }), reply(25, 40, 2), 1);
  const written = (seconds: number, more: Partial<ModelCall> = {}) =>
    spent.of(call(more), aborted, seconds).completionTokens;
  expect(written(2)).toBe(40);
  expect(written(2, { n: 3 })).toBe(120);
  expect(written(60)).toBe(100);
  expect(written(2, { role: "voter" })).toBe(0);
});
