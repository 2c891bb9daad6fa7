import { describe, expect, test } from "vitest";
import { post, ScriptedEngine, serveModels, serveOne } from "./server.fixture.ts";

const messages = [{ role: "user" as const, content: "?" }];

const collect = async <Chunk>(stream: AsyncIterable<Chunk>): Promise<Chunk[]> => {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};

describe("streamed chat", () => {
  test("starts with the role, sends the text in pieces and ends with the finish reason", async () => {
    const { client } = await serveOne(() => "123");
    const chunks = await collect(
      await client.chat.completions.create({ model: "tiny", messages, stream: true }),
    );
    expect(chunks.map(({ choices }) => choices[0])).toEqual([
      { index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: "1" }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: "23" }, logprobs: null, finish_reason: null },
      { index: 0, delta: {}, logprobs: null, finish_reason: "stop" },
    ]);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks[0]).toMatchObject({ object: "chat.completion.chunk", model: "tiny" });
    expect(chunks[0]).not.toHaveProperty("usage");
  });

  test("sends a piece before the sequence has ended", async () => {
    const { client, engine } = await serveOne(() => "123");
    const release = engine.hold();
    const stream = await client.chat.completions.create({ model: "tiny", messages, stream: true });
    const pieces: (string | null | undefined)[] = [];
    for await (const chunk of stream) {
      pieces.push(chunk.choices[0]?.delta.content);
      if (pieces.at(-1) === "1") release();
    }
    expect(pieces).toEqual(["", "1", "23", undefined]);
  });

  test("gives the full answer with log-probabilities through the client's stream helper", async () => {
    const { client } = await serveOne(({ seed }) => `${seed}+1`);
    const stream = client.chat.completions.stream({ model: "tiny", messages, n: 2, seed: 7, logprobs: true });
    const answer = await stream.finalChatCompletion();
    expect(answer.choices.map(({ message }) => message.content)).toEqual(["7+1", "8+1"]);
    expect(answer.choices[1]?.logprobs?.content?.map(({ token }) => token)).toEqual(["8", "+", "1"]);
  });

  test("ends with the usage if requested", async () => {
    const { client } = await serveOne(() => "123");
    const chunks = await collect(
      await client.chat.completions.create({
        model: "tiny",
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    expect(chunks.at(-1)?.choices).toEqual([]);
    expect(chunks.map(({ usage }) => usage?.total_tokens)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      5,
    ]);
    expect(chunks[0]?.usage).toBeNull();
  });

  test("reports an engine failure in the stream, and the server continues", async () => {
    let fails = true;
    const { client } = await serveOne(() => {
      if (fails) throw new Error("out of memory");
      return "1";
    });
    const stream = await client.chat.completions.create({ model: "tiny", messages, stream: true });
    await expect(collect(stream)).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("out of memory"),
    });
    fails = false;
    const answer = await client.chat.completions.create({ model: "tiny", messages });
    expect(answer.choices[0]?.message.content).toBe("1");
  });

  test("rejects a request before the stream starts", async () => {
    const { server, engine } = await serveOne(undefined, { maxQueue: 1 });
    const body = { model: "tiny", messages, stream: true };
    expect((await post(server, "/v1/chat/completions", { ...body, temperature: 9 })).status).toBe(400);
    engine.hold();
    const first = new AbortController();
    const open = await fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: first.signal,
    });
    expect(open.headers.get("content-type")).toContain("text/event-stream");
    expect((await post(server, "/v1/chat/completions", body)).status).toBe(429);
    first.abort();
    await open.text().catch(() => "");
  });

  test("sends the text at the end if the engine does not stream", async () => {
    class Silent extends ScriptedEngine {
      override generate: ScriptedEngine["generate"] = (request, { signal } = {}) =>
        super.generate(request, signal ? { signal } : {});
    }
    const { client } = await serveModels([{ name: "tiny", engine: new Silent(() => "123") }]);
    const stream = client.chat.completions.stream({ model: "tiny", messages });
    expect(await stream.finalContent()).toBe("123");
  });
});

describe("streamed completions", () => {
  test("echoes the prompt first and ends with the log-probabilities", async () => {
    const { client } = await serveOne(() => "12");
    const chunks = await collect(
      await client.completions.create({ model: "tiny", prompt: "0+", echo: true, logprobs: 0, stream: true }),
    );
    const choices = chunks.map((chunk) => chunk.choices[0]);
    expect(choices.map((choice) => choice?.text)).toEqual(["0+", "1", "2", ""]);
    expect(choices.map((choice) => choice?.finish_reason)).toEqual([null, null, null, "stop"]);
    expect(choices.at(-1)?.logprobs?.tokens).toEqual(["token_id:0", "0", "+", "1", "2"]);
    expect(chunks[0]?.object).toBe("text_completion");
  });

  test("ends a complete stream with [DONE]", async () => {
    const { server } = await serveOne(() => "1");
    const response = await fetch(`${server.url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "tiny", prompt: "?", stream: true }),
    });
    expect((await response.text()).endsWith("data: [DONE]\n\n")).toBe(true);
  });
});
