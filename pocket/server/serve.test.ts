import { describe, expect, test } from "vitest";
import { servePocket } from "./serve.ts";
import { clientOf, post, ScriptedEngine, serveModels, serveOne } from "./server.fixture.ts";

describe("servePocket", () => {
  test("listens on loopback on a free port", async () => {
    const { server } = await serveOne();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test("lists and describes its models", async () => {
    const { client } = await serveModels([
      { name: "small", engine: new ScriptedEngine(), folder: "checkpoints/small" },
      { name: "org/large", engine: new ScriptedEngine() },
    ]);
    const { data } = await client.models.list();
    expect(data).toEqual([
      {
        id: "small",
        object: "model",
        created: expect.any(Number),
        owned_by: "agora",
        root: "checkpoints/small",
        parent: null,
        max_model_len: 64,
      },
      expect.objectContaining({ id: "org/large", root: "org/large" }),
    ]);
    expect((await client.models.retrieve("small")).id).toBe("small");
    expect((await client.models.retrieve("org/large")).id).toBe("org/large");
    await expect(client.models.retrieve("huge")).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
    });
  });

  test("reports health and load", async () => {
    const { server, client, engine } = await serveOne(undefined, { maxQueue: 9 });
    const release = engine.hold();
    const answer = client.completions.create({ model: "tiny", prompt: "1", n: 2 });
    await expect.poll(() => engine.requests.length).toBe(2);
    const response = await fetch(`${server.url}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: "ok",
      models: [{ id: "tiny", under_way: 2, capacity: 9 }],
    });
    release();
    await answer;
  });

  test("aborts running sequences on close and does not close the caller's engine", async () => {
    const engine = new ScriptedEngine();
    const server = await servePocket({ models: [{ name: "tiny", engine }] });
    engine.hold();
    const answer = clientOf(server).completions.create({ model: "tiny", prompt: "1" });
    const refused = expect(answer).rejects.toThrow();
    await expect.poll(() => engine.requests.length).toBe(1);
    await server.close();
    await refused;
    await expect.poll(() => engine.aborted.length).toBe(1);
    expect(engine.closed).toBe(false);
    await expect(fetch(server.url)).rejects.toThrow();
    await server.close();
  });

  test("does not replace the global Request and Response", async () => {
    const before = [globalThis.Request, globalThis.Response];
    const { server } = await serveOne();
    await post(server, "/v1/completions", { model: "tiny", prompt: "1" });
    expect([globalThis.Request, globalThis.Response]).toEqual(before);
  });

  test("does not start without models, with duplicate names, or on a busy port", async () => {
    const tiny = { name: "tiny", engine: new ScriptedEngine() };
    await expect(servePocket({ models: [] })).rejects.toMatchObject({ code: "no_models" });
    await expect(servePocket({ models: [tiny, tiny] })).rejects.toMatchObject({ code: "duplicate_model" });
    const { server } = await serveOne();
    const port = Number(new URL(server.url).port);
    await expect(servePocket({ models: [tiny], port })).rejects.toMatchObject({ code: "cannot_listen" });
  });
});
