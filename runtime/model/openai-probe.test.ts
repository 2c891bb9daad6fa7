import { expect, test } from "vitest";
import { probeBody, probeOf } from "./openai-probe.ts";

test("a probe is greedy and short, and requests log-probabilities if wanted", () => {
  const body = {
    model: "ant@v1",
    messages: [{ role: "user", content: "7*8?" }],
    temperature: 0,
    max_tokens: 16,
  };
  expect(probeBody("7*8?", "ant@v1", false)).toEqual(body);
  expect(probeBody("7*8?", "ant@v1", true)).toEqual({ ...body, logprobs: true });
});

test("a probe's reply is a text, or thinking, with or without log-probabilities", () => {
  const answer = (message: object, logprobs?: object | null) => ({ choices: [{ message, logprobs }] });
  expect(probeOf(answer({ content: "6" }, { content: [{ logprob: -0.5 }] }))).toEqual({
    text: "6",
    logprobs: [-0.5],
  });
  expect(probeOf(answer({ content: "6" }))).toEqual({ text: "6", logprobs: undefined });
  expect(probeOf(answer({ content: "6" }, { content: null }))).toEqual({ text: "6", logprobs: undefined });
  expect(probeOf(answer({ content: null, reasoning_content: "Let me" }, null)).text).toBe("Let me");
  expect(() => probeOf({ choices: [] })).toThrow();
});
