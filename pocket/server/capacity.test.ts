import { describe, expect, test } from "vitest";
import { clientOf, post, ScriptedEngine, serveModels, serveOne } from "./server.fixture.ts";

const messages = [{ role: "user" as const, content: "?" }];

describe("over capacity", () => {
  test("gives 429 with Retry-After in OpenAI's error format", async () => {
    const { server, client, engine } = await serveOne(undefined, { maxQueue: 2 });
    const release = engine.hold();
    const running = client.chat.completions.create({ model: "tiny", messages, n: 2 });
    await expect.poll(() => engine.requests.length).toBe(2);
    const refused = await post(server, "/v1/chat/completions", { model: "tiny", messages });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(refused.body).toEqual({
      error: {
        message: expect.stringContaining("2 of 2 sequences"),
        type: "rate_limit_error",
        param: null,
        code: "rate_limit_exceeded",
      },
    });
    release();
    await running;
    expect(engine.requests).toHaveLength(2);
  });

  test("serves a client that retries after Retry-After", async () => {
    const { server, engine } = await serveOne(undefined, { maxQueue: 1 });
    const release = engine.hold();
    const patient = clientOf(server).withOptions({ maxRetries: 5 });
    const answers = [1, 2].map(() => patient.chat.completions.create({ model: "tiny", messages }));
    await expect.poll(() => engine.requests.length).toBe(1);
    release();
    expect(await Promise.all(answers)).toHaveLength(2);
  });

  test("gives 400 for a request larger than the capacity", async () => {
    const { server } = await serveOne(undefined, { maxQueue: 2 });
    const refused = await post(server, "/v1/chat/completions", { model: "tiny", messages, n: 3 });
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({
      error: { param: "n", message: expect.stringContaining("at most 2") },
    });
  });

  test("counts each model's sequences separately", async () => {
    const busy = new ScriptedEngine();
    const release = busy.hold();
    const models = [
      { name: "busy", engine: busy },
      { name: "free", engine: new ScriptedEngine() },
    ];
    const { client } = await serveModels(models, { maxQueue: 1 });
    const waiting = client.chat.completions.create({ model: "busy", messages });
    await expect.poll(() => busy.requests.length).toBe(1);
    expect((await client.chat.completions.create({ model: "free", messages })).choices).toHaveLength(1);
    release();
    await waiting;
  });

  test("releases the capacity of failed sequences", async () => {
    const { client } = await serveOne(
      () => {
        throw new Error("no");
      },
      { maxQueue: 1 },
    );
    for (let turn = 0; turn < 3; turn += 1) {
      const answer = client.chat.completions.create({ model: "tiny", messages });
      await expect(answer).rejects.toMatchObject({ status: 500 });
    }
  });
});

describe("a failing engine", () => {
  test("gives a 500 with the reason, is reported once, and the server continues", async () => {
    const failures: string[] = [];
    const { server, client, engine } = await serveOne(
      ({ seed }) => {
        if (seed === 1) throw new Error("the worker crashed");
        return "7";
      },
      { onFailure: (error) => failures.push(error.message) },
    );
    engine.hold();
    const failed = await post(server, "/v1/chat/completions", { model: "tiny", messages, n: 3, seed: 0 });
    expect(failed.status).toBe(500);
    expect(failed.body).toEqual({
      error: {
        message: "The engine of 'tiny' failed: the worker crashed",
        type: "server_error",
        param: null,
        code: "engine_failed",
      },
    });
    expect(failures).toEqual(["The engine of 'tiny' failed: the worker crashed"]);
    expect(engine.aborted).toHaveLength(2);
    engine.gate = Promise.resolve();
    const answer = await client.chat.completions.create({ model: "tiny", messages, seed: 5 });
    expect(answer.choices[0]?.message.content).toBe("7");
  });
});
