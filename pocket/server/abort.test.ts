import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { serveOne } from "./server.fixture.ts";

const messages = [{ role: "user" as const, content: "?" }];

const isIdle = async (url: string): Promise<boolean> => {
  const health = (await (await fetch(`${url}/health`)).json()) as { models: { under_way: number }[] };
  return health.models.every((model) => model.under_way === 0);
};

describe("a client that disconnects", () => {
  test("stops all its sequences", async () => {
    const { server, client, engine } = await serveOne();
    engine.hold();
    const abort = new AbortController();
    const answer = client.chat.completions.create(
      { model: "tiny", messages, n: 3 },
      { signal: abort.signal },
    );
    await expect.poll(() => engine.requests.length).toBe(3);
    abort.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(() => engine.aborted.length).toBe(3);
    expect(engine.aborted[0]).toMatchObject({ code: "client_closed_request" });
    await expect.poll(() => isIdle(server.url)).toBe(true);
  });

  test("stops a stream after its first chunk", async () => {
    const { server, client, engine } = await serveOne(() => "123");
    engine.hold();
    const stream = await client.chat.completions.create({ model: "tiny", messages, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === "1") break;
    await expect.poll(() => engine.aborted.length).toBe(1);
    await expect.poll(() => isIdle(server.url)).toBe(true);
  });

  test("stops a stream when the connection is reset", async () => {
    const { server, engine } = await serveOne(() => "123");
    engine.hold();
    const body = JSON.stringify({ model: "tiny", prompt: "?", stream: true });
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /v1/completions HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    await expect.poll(() => engine.requests.length).toBe(1);
    socket.resetAndDestroy();
    await expect.poll(() => engine.aborted.length).toBe(1);
    await expect.poll(() => isIdle(server.url)).toBe(true);
  });

  test("does not affect other requests", async () => {
    const { client, engine } = await serveOne();
    const release = engine.hold();
    const abort = new AbortController();
    const gone = client.chat.completions.create({ model: "tiny", messages }, { signal: abort.signal });
    const kept = client.chat.completions.create({ model: "tiny", messages });
    await expect.poll(() => engine.requests.length).toBe(2);
    abort.abort();
    await expect(gone).rejects.toThrow();
    await expect.poll(() => engine.aborted.length).toBe(1);
    release();
    expect((await kept).choices[0]?.message.content).toBe("42");
  });

  test("may disconnect while it sends the body", async () => {
    const failures: unknown[] = [];
    const { server, client } = await serveOne(undefined, { onFailure: (error) => failures.push(error) });
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const head = `POST /v1/completions HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\n`;
    await new Promise<void>((resolve) =>
      socket.write(`${head}Content-Length: 99\r\n\r\n{"mod`, () => resolve()),
    );
    socket.resetAndDestroy();
    expect((await client.models.list()).data).toHaveLength(1);
    expect(failures).toEqual([]);
  });
});
