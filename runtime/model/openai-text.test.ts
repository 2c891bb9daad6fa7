import { describe, expect, test } from "vitest";
import { Limiter } from "./limiter.ts";
import { never, plainCall } from "./model.conformance.ts";
import type { Usage } from "./model.ts";
import { openaiModel } from "./openai-model.ts";

/** A server with one answer, which keeps the requests. */
const serving = (answer: object) => {
  const requests: { readonly path: string; readonly body: unknown }[] = [];
  const usages: Usage[] = [];
  const model = openaiModel({
    ...{ name: "ant", model: "scripted", endpoint: "http://127.0.0.1:9/v1", limiter: new Limiter() },
    ...{ timeoutSeconds: 10, attempts: 1, onUsage: (usage: Usage) => void usages.push(usage) },
    dialect: { choices: true, extra: { top_k: -1, chat_template_kwargs: { enable_thinking: false } } },
    fetch: async (url, init) => {
      requests.push({ path: new URL(String(url)).pathname, body: JSON.parse(String(init?.body)) });
      return Response.json(answer);
    },
  });
  return { model, requests, usages };
};

const usage = { prompt_tokens: 4, completion_tokens: 1 };

describe("a text without a chat template", () => {
  test("is continued by /v1/completions with the call's sampling", async () => {
    const { model, requests, usages } = serving({
      choices: [
        { text: "1+1", finish_reason: "stop" },
        { text: "2+2", finish_reason: "length" },
      ],
      usage,
    });
    const reply = await model.complete({ ...plainCall, form: "text", n: 2, seed: 7, stop: ["\n"] }, never);
    expect(requests).toEqual([
      {
        path: "/v1/completions",
        body: {
          ...{ model: "scripted", prompt: "7*8?", n: 2, temperature: 0.6, top_p: 0.95, max_tokens: 32 },
          ...{ stop: ["\n"], seed: 7, top_k: -1 },
        },
      },
    ]);
    expect(reply).toEqual({
      ...{ texts: ["1+1", "2+2"], finish: ["stop", "length"], promptTokens: 4, completionTokens: 1 },
    });
    expect(usages).toMatchObject([{ role: "solver", calls: 1, promptTokens: 4, outcome: "done" }]);
  });

  test("costs what the server reports, with what it had cached, or else an estimate", async () => {
    const choices = [{ text: "7*8=56", finish_reason: "stop" }];
    const ask = (more: object) =>
      serving({ choices, ...more }).model.complete({ ...plainCall, form: "text" }, never);
    const cached = { ...usage, prompt_tokens_details: { cached_tokens: 3 } };
    expect(await ask({ usage: cached })).toMatchObject({ promptTokens: 4, cachedTokens: 3 });
    const estimated = { texts: ["7*8=56"], promptTokens: 1, completionTokens: 2 };
    expect(await ask({})).toMatchObject(estimated);
    expect(await ask({ usage: null })).toMatchObject(estimated);
  });

  test("is scored by its echo, without the token that the server adds", async () => {
    const logprobs = { token_logprobs: [null, -0.5, -2, -9], text_offset: [0, 1, 3, 4] };
    const { model, requests } = serving({ choices: [{ text: "7*8?x", logprobs }], usage });
    const reply = await model.complete({ ...plainCall, form: "score" }, never);
    expect(requests[0]?.body).toMatchObject({ prompt: "7*8?", echo: true, logprobs: 0, max_tokens: 1 });
    expect(reply.scores).toEqual([
      { offset: 0, logprob: undefined },
      { offset: 1, logprob: -0.5 },
      { offset: 3, logprob: -2 },
    ]);
    expect(reply.texts).toEqual([""]);
  });

  test("cannot be scored by a server without log-probabilities", async () => {
    const { model } = serving({ choices: [{ text: "7*8?x", logprobs: null }], usage });
    await expect(model.complete({ ...plainCall, form: "score" }, never)).rejects.toMatchObject({
      code: "model.malformed",
    });
  });
});
