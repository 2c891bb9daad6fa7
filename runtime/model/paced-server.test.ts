import { expect, onTestFinished, test } from "vitest";
import { Limiter } from "./limiter.ts";
import { never, plainCall } from "./model.conformance.ts";
import type { FixtureRequest } from "./model-server.fixture.ts";
import { openaiModel } from "./openai-model.ts";
import { type PacedServerOptions, startPacedServer } from "./paced-server.fixture.ts";
import type { LatencyProfile } from "./serving.fixture.ts";
import { scaledClock } from "./serving-clock.fixture.ts";

const profile: LatencyProfile = {
  ...{ slots: 1, queue: 0, prefillRate: 10_000, decodeRate: { alone: 100, full: 100 } },
  ...{ cacheBlocks: 100, adapterSeconds: 5 },
};

interface Completion {
  readonly usage: {
    readonly prompt_tokens: number;
    readonly prompt_tokens_details: { readonly cached_tokens: number };
  };
}

const start = async (options: Partial<PacedServerOptions> = {}) => {
  const server = await startPacedServer({
    model: "base",
    script: { solver: ({ prompt }) => `answers ${prompt}`, voter: ["first", "second"] },
    roleOf: ({ messages }) => (messages.some(({ content }) => content.includes("vote")) ? "voter" : "solver"),
    profile,
    clock: scaledClock(100),
    ...options,
  });
  onTestFinished(() => server.stop());
  const model = openaiModel({
    ...{ name: "ant", model: "base", endpoint: server.endpoint, timeoutSeconds: 10, attempts: 8 },
    limiter: new Limiter({ start: 64 }),
  });
  return { server, model };
};

const post = (endpoint: string, body: Partial<FixtureRequest>, signal = never) =>
  fetch(`${endpoint}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "base", messages: [{ role: "user", content: "1+2?" }], ...body }),
    signal,
  });

test("it replies from the script of the role, and reports its tokens", async () => {
  const { server, model } = await start({ profile: { ...profile, queue: 4 } });
  const reply = await model.complete({ ...plainCall, prompt: "1+2?", n: 2 }, never);
  expect(reply).toMatchObject({ texts: ["answers 1+2?", "answers 1+2?"], completionTokens: 6 });
  const votes = [1, 2].map(() => model.complete({ ...plainCall, prompt: "vote", n: 1 }, never));
  expect((await Promise.all(votes)).map(({ texts }) => texts[0]).toSorted()).toEqual(["first", "second"]);
  expect(server.serving.countsByLabel().get("solver")).toMatchObject({ completionTokens: 6 });
  expect(server.serving.countsByLabel().get("voter")).toMatchObject({ completionTokens: 4 });
});

test("a reply says how many tokens of the prompt were cached", async () => {
  const { server } = await start();
  const messages = [{ role: "user", content: "x".repeat(400) }];
  const cached = async (): Promise<number> => {
    const { usage } = (await (await post(server.endpoint, { messages })).json()) as Completion;
    expect(usage.prompt_tokens).toBeGreaterThan(100);
    return usage.prompt_tokens_details.cached_tokens;
  };
  expect(await cached()).toBe(0);
  expect(await cached()).toBe(96);
});

test("beyond slots and queue it answers 429, and a client that waits as long as it says gets its reply", async () => {
  const { server, model } = await start({ lengthOf: () => 8000 });
  const first = model.complete(plainCall, never);
  await expect.poll(() => server.serving.running).toBe(1);
  const refused = await post(server.endpoint, {});
  expect(refused.status).toBe(429);
  const seconds = Number(refused.headers.get("retry-after"));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(0.8);
  const second = model.complete(plainCall, never);
  await expect.poll(() => server.serving.counts().refused).toBeGreaterThan(1);
  expect(await Promise.all([first, second])).toHaveLength(2);
});

test("closing the connection frees the slot", async () => {
  const { server } = await start({ lengthOf: () => 1_000_000 });
  const controller = new AbortController();
  const reply = post(server.endpoint, {}, controller.signal).catch((error: unknown) => error);
  await expect.poll(() => server.serving.running).toBe(1);
  controller.abort();
  await reply;
  await expect.poll(() => server.serving.running).toBe(0);
  expect(server.serving.counts().aborted).toBe(1);
  expect(server.aborts()).toBe(1);
});

test("adapters are loaded in time, asked by name and unloaded", async () => {
  const { server, model } = await start();
  const startedAt = performance.now();
  await model.loadAdapter("ant@v1", "/adapters/ant@v1");
  // A timer may ring a millisecond early.
  expect(performance.now() - startedAt).toBeGreaterThan(45);
  expect((await model.complete({ ...plainCall, adapter: "ant@v1" }, never)).texts).toHaveLength(1);
  await model.unloadAdapter("ant@v1");
  expect(server.adapters()).toEqual([]);
});
