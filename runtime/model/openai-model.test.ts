import { afterEach, describe, expect, test } from "vitest";
import { Limiter } from "./limiter.ts";
import { describeModel, never, plainCall } from "./model.conformance.ts";
import type { Usage } from "./model.ts";
import { type FixtureAnswer, type ModelFixture, startModelFixture } from "./model-server.fixture.ts";
import { type OpenaiModelOptions, openaiModel } from "./openai-model.ts";
import type { RetryClock } from "./retry.ts";
import type { ScriptedReply } from "./scripted.ts";

const modelAt = (endpoint: string, options: Partial<OpenaiModelOptions> = {}) =>
  openaiModel({
    name: "ant",
    model: "scripted",
    endpoint,
    limiter: new Limiter(),
    timeoutSeconds: 10,
    attempts: 1,
    ...options,
  });

describeModel("the OpenAI client", async (replies, onUsage) => {
  const fixture = await startModelFixture(replies);
  return {
    model: modelAt(fixture.endpoint, { onUsage }),
    aborts: fixture.aborts,
    adapters: fixture.adapters,
    close: fixture.stop,
  };
});

describe("the OpenAI client", () => {
  let fixture: ModelFixture;
  afterEach(() => fixture.stop());

  const usages: Usage[] = [];
  const slept: number[] = [];
  const clock: RetryClock = {
    sleep: async (seconds) => void slept.push(seconds),
    random: () => 0,
  };
  const start = async (
    replies: readonly (ScriptedReply | FixtureAnswer)[],
    options: Partial<OpenaiModelOptions> = {},
  ) => {
    usages.length = 0;
    slept.length = 0;
    fixture = await startModelFixture(replies);
    const onUsage = (usage: Usage) => void usages.push(usage);
    return modelAt(fixture.endpoint, { attempts: 4, clock, onUsage, ...options });
  };

  test("sends one user message and the sampling settings", async () => {
    const model = await start(["ok"]);
    await model.complete({ ...plainCall, n: 1, stop: ["\n"], seed: 7 }, never);
    expect(fixture.requests).toEqual([
      {
        model: "scripted",
        messages: [{ role: "user", content: "7*8?" }],
        n: 1,
        temperature: 0.6,
        top_p: 0.95,
        max_tokens: 32,
        stop: ["\n"],
        seed: 7,
      },
    ]);
    expect(fixture.authorisations).toEqual([undefined]);
  });

  test("sends a system message before the user's, and the form of a structured reply", async () => {
    const model = await start(["ok"]);
    const schema = { name: "verdict", schema: { type: "object" } };
    await model.complete({ ...plainCall, system: "You examine.", schema }, never);
    expect(fixture.requests[0]).toMatchObject({
      messages: [
        { role: "system", content: "You examine." },
        { role: "user", content: "7*8?" },
      ],
      response_format: { type: "json_schema", json_schema: { ...schema, strict: true } },
    });
  });

  test("adds the extra fields of its dialect", async () => {
    const extra = { chat_template_kwargs: { enable_thinking: false }, reasoning_effort: "none" };
    const model = await start(["ok"], { dialect: { choices: true, extra } });
    await model.complete(plainCall, never);
    expect(fixture.requests[0]).toMatchObject(extra);
  });

  test("without support for n, choices are requested one by one, each with its seed", async () => {
    const model = await start(["a", "b", "c"], { dialect: { choices: false, extra: {} } });
    const reply = await model.complete({ ...plainCall, n: 3, seed: 10 }, never);
    expect([...reply.texts].sort()).toEqual(["a", "b", "c"]);
    expect(fixture.requests.map((request) => ["n" in request, request.seed]).sort()).toEqual([
      [false, 10],
      [false, 11],
      [false, 12],
    ]);
    expect(usages).toMatchObject([{ calls: 3, outcome: "done" }]);
  });

  test("a reply that consists of thinking has an empty text", async () => {
    const thought = (message: object, finish: string) =>
      JSON.stringify({ choices: [{ message, finish_reason: finish }] });
    const model = await start([
      { body: thought({ content: null, reasoning_content: "hm" }, "stop") },
      { body: thought({ content: null, reasoning: "hm" }, "length") },
      { body: thought({ content: null }, "length") },
    ]);
    const replies = [1, 2, 3].map(() => model.complete(plainCall, never));
    for (const reply of await Promise.all(replies)) expect(reply.texts).toEqual([""]);
  });

  test("an incomplete response is retried", async () => {
    const model = await start([{ text: "half", breaksOff: true }, "after"]);
    expect((await model.complete(plainCall, never)).texts).toEqual(["after"]);
  });

  test("a key in the text of a reply is replaced", async () => {
    const apiKey = "sk-very-secret";
    const model = await start([`The key is ${apiKey}.`], { apiKey });
    expect((await model.complete(plainCall, never)).texts).toEqual(["The key is [key]."]);
  });

  test("connections are reused after failures and across models", async () => {
    const model = await start(["a", { fail: 500 }, "b", "c"]);
    for (const _ of [1, 2]) await model.complete(plainCall, never);
    await modelAt(fixture.endpoint).complete(plainCall, never);
    expect(fixture.connections()).toBe(1);
  });

  test("a 429 is retried, not before Retry-After has passed", async () => {
    const model = await start([{ fail: 429, headers: { "Retry-After": "3" } }, "after"]);
    expect((await model.complete(plainCall, never)).texts).toEqual(["after"]);
    expect(slept).toEqual([3]);
    expect(usages).toMatchObject([
      { calls: 1, outcome: "done" },
      { calls: 1, outcome: "failed" },
    ]);
  });

  test("Retry-After may be a date", async () => {
    const date = new Date(Date.now() + 20_000).toUTCString();
    const model = await start([{ fail: 503, headers: { "Retry-After": date } }, "after"]);
    await model.complete(plainCall, never);
    expect(slept[0]).toBeGreaterThan(15);
    expect(slept[0]).toBeLessThanOrEqual(20);
  });

  test("transient failures are retried with growing delays", async () => {
    const model = await start([{ fail: 500 }, { fail: 408 }, { hangUp: true }, "after"]);
    expect((await model.complete(plainCall, never)).texts).toEqual(["after"]);
    expect(slept).toEqual([0.25, 0.5, 1]);
  });

  test("the number of attempts is limited", async () => {
    const model = await start(Array.from({ length: 9 }, () => ({ fail: 500 })));
    await expect(model.complete(plainCall, never)).rejects.toMatchObject({ code: "model.failed" });
    expect(fixture.requests).toHaveLength(4);
    expect(usages).toMatchObject([{ calls: 4, outcome: "failed" }]);
  });

  test.each([400, 401, 404])("status %i is not retried", async (status) => {
    const model = await start([{ fail: status }, "unused"]);
    await expect(model.complete(plainCall, never)).rejects.toMatchObject({ status });
    expect(fixture.requests).toHaveLength(1);
  });

  test("an abort during back-off ends the call", async () => {
    const controller = new AbortController();
    const patient: RetryClock = {
      sleep: async (_, signal) => {
        controller.abort("enough");
        signal.throwIfAborted();
      },
      random: () => 0,
    };
    const model = await start([{ fail: 500 }, "unused"], { clock: patient });
    await expect(model.complete(plainCall, controller.signal)).rejects.toBe("enough");
    expect(fixture.requests).toHaveLength(1);
    expect(usages).toMatchObject([{ outcome: "aborted" }]);
  });

  test("an attempt has a time limit", async () => {
    const model = await start([{ hang: true }, "after"], { timeoutSeconds: 0.05 });
    expect((await model.complete(plainCall, never)).texts).toEqual(["after"]);
    await expect.poll(() => fixture.aborts()).toBe(1);
    const impatient = await start([{ hang: true }], { timeoutSeconds: 0.05, attempts: 1 });
    await expect(impatient.complete(plainCall, never)).rejects.toThrow(
      /no answer within 0.05 s.*callTimeout/,
    );
  });

  test("the error of an attempt that timed out names the setting", async () => {
    const model = await start([{ hang: true }], { timeoutSeconds: 0.05, attempts: 1 });
    const call = model.complete(plainCall, never);
    await expect(call).rejects.toMatchObject({ code: "model.timeout" });
    await expect(call).rejects.toThrow(/no answer within 0.05 s.*callTimeoutSeconds/);
  });

  test.each([
    ["no JSON", "<html>", /malformed answer/],
    ["no choices", '{"choices":[]}', /malformed answer: choices/],
    ["null content", '{"choices":[{"message":{"content":null}}]}', /choices\.0\.message\.content/],
    ["another shape", '"hello"', /malformed answer/],
  ])("a malformed response is an error: %s", async (_, body, problem) => {
    const model = await start([{ body }]);
    const call = model.complete(plainCall, never);
    await expect(call).rejects.toMatchObject({ code: "model.malformed" });
    await expect(call).rejects.toThrow(problem);
  });

  test("tokens are estimated if the server reports no usage", async () => {
    const model = await start([{ body: '{"choices":[{"message":{"content":"12345678"}}]}' }]);
    expect(await model.complete(plainCall, never)).toMatchObject({ promptTokens: 1, completionTokens: 2 });
  });

  test("an aborted call counts its prompt, in tokens of the model's own", async () => {
    const model = await start([{ text: "a", promptTokens: 8 }, { hang: true }]);
    await model.complete(plainCall, never);
    const controller = new AbortController();
    const call = model.complete({ ...plainCall, prompt: "7*8+1?" }, controller.signal);
    await expect.poll(() => fixture.requests).toHaveLength(2);
    controller.abort("refused");
    await expect(call).rejects.toBe("refused");
    expect(usages[1]).toMatchObject({ outcome: "aborted", calls: 1, promptTokens: 12 });
  });

  test("the tokens of failed attempts count beside those of the answer", async () => {
    const model = await start([
      { fail: 500 },
      { fail: 429 },
      { hangUp: true },
      { text: "a", promptTokens: 5 },
    ]);
    await model.complete(plainCall, never);
    expect(usages).toMatchObject([
      { outcome: "done", calls: 1, promptTokens: 5 },
      { outcome: "failed", calls: 3, promptTokens: 1 },
    ]);
  });

  test("what the server had cached is kept apart, and unknown where it does not say", async () => {
    const cached = { text: "a", promptTokens: 5, cachedTokens: 3, ignoresN: true };
    const model = await start([cached, cached, "b"]);
    expect(await model.complete({ ...plainCall, n: 2 }, never)).toMatchObject({ cachedTokens: 6 });
    expect(await model.complete(plainCall, never)).not.toHaveProperty("cachedTokens");
    expect(usages[0]).toMatchObject({ promptTokens: 10, cachedTokens: 6 });
    expect(usages[1]).not.toHaveProperty("cachedTokens");
  });

  test("missing choices are requested from a server that ignores n", async () => {
    const replies = ["a", "b", "c"].map((text) => ({ text, ignoresN: true, promptTokens: 2 }));
    const model = await start(replies);
    const reply = await model.complete({ ...plainCall, n: 3, seed: 10 }, never);
    expect([...reply.texts].sort()).toEqual(["a", "b", "c"]);
    expect(reply.promptTokens).toBe(6);
    expect(fixture.requests.map(({ n, seed }) => [n, seed]).sort()).toEqual([
      [1, 11],
      [1, 12],
      [3, 10],
    ]);
    expect(usages).toMatchObject([{ calls: 3 }]);
  });

  test("if one of the missing choices fails, the others are aborted", async () => {
    const model = await start([{ text: "a", ignoresN: true }, { hang: true }, { fail: 400 }]);
    await expect(model.complete({ ...plainCall, n: 3 }, never)).rejects.toMatchObject({ status: 400 });
    await expect.poll(() => fixture.aborts()).toBe(1);
    expect(usages).toMatchObject([{ calls: 3, outcome: "failed" }]);
  });

  test("the error for an unreachable endpoint names it and the fix", async () => {
    await start([]);
    const model = modelAt("http://127.0.0.1:9/v1?key=hidden");
    const call = model.complete(plainCall, never);
    await expect(call).rejects.toMatchObject({
      code: "model.unreachable",
      endpoint: "http://127.0.0.1:9/v1",
    });
    await expect(call).rejects.toThrow(/ECONNREFUSED.*Fix: start the endpoint/);
    await call.catch((error: Error) => expect(error.message).not.toContain("hidden"));
  });

  test("the key is sent, and no error contains it", async () => {
    const apiKey = "sk-very-secret";
    const echo = { body: `{"choices":[], "echo":"${apiKey}"}` };
    const model = await start([echo, { fail: 401 }], { apiKey });
    for (const _ of [1, 2]) {
      const error: unknown = await model.complete(plainCall, never).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(Error);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(apiKey);
    }
    expect(fixture.authorisations).toEqual([`Bearer ${apiKey}`, `Bearer ${apiKey}`]);
  });

  test("environment variables of the openai package are ignored", async () => {
    process.env.OPENAI_API_KEY = "sk-for-another-endpoint";
    process.env.OPENAI_ORG_ID = "another";
    try {
      const model = await start(["ok"]);
      await model.complete(plainCall, never);
      expect(fixture.authorisations).toEqual([undefined]);
    } finally {
      delete process.env.OPENAI_API_KEY;
      delete process.env.OPENAI_ORG_ID;
    }
  });

  test("calls wait for the endpoint's limiter, and a 429 lowers it", async () => {
    const limiter = new Limiter({ start: 8, max: 8 });
    const model = await start([{ fail: 429 }, "a"], { limiter });
    await model.complete(plainCall, never);
    expect(limiter.limit).toBe(4);
    expect(limiter.inFlight).toBe(0);
  });

  test("a long-lived signal keeps no listeners after its calls", async () => {
    const controller = new AbortController();
    const listeners = { added: 0, removed: 0 };
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners.added++;
      add(...given);
    };
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners.removed++;
      remove(...given);
    };
    const model = await start(["a", "b"]);
    await model.complete(plainCall, signal);
    await model.complete(plainCall, signal);
    expect(listeners.added).toBeGreaterThan(0);
    expect(listeners.removed).toBe(listeners.added);
  });

  test("a retried load succeeds if the lost attempt had loaded the adapter", async () => {
    fixture = await startModelFixture([], { losesFirstLoad: true });
    const model = modelAt(fixture.endpoint, { attempts: 2, clock });
    await model.loadAdapter("ant@v1", "folder");
    expect(fixture.adapters()).toEqual(["ant@v1"]);
  });
});
