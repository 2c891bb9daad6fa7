import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { post, serveOne } from "./server.fixture.ts";

const chat = { model: "tiny", messages: [{ role: "user", content: "1+1=" }] };
const text = { model: "tiny", prompt: "1+1=" };
const CHAT = "/v1/chat/completions";
const TEXT = "/v1/completions";

/** Path, body, invalid field, code, part of the message. */
const MALFORMED: [string, unknown, string | null, string, string][] = [
  [CHAT, "{", null, "invalid_json", "JSON"],
  [CHAT, "", null, "invalid_json", "JSON"],
  [CHAT, "null", null, "invalid_type", "object"],
  [CHAT, "[]", null, "invalid_type", "object"],
  [CHAT, { messages: chat.messages }, "model", "invalid_type", "string"],
  [CHAT, { model: "tiny" }, "messages", "invalid_type", "array"],
  [CHAT, { ...chat, messages: [] }, "messages", "invalid_value", ">=1"],
  [CHAT, { ...chat, messages: "1" }, "messages", "invalid_type", "array"],
  [CHAT, { ...chat, messages: [{ role: "user" }] }, "messages[0].content", "invalid_value", "string"],
  [
    CHAT,
    { ...chat, messages: [{ role: "robot", content: "1" }] },
    "messages[0].role",
    "invalid_value",
    "user",
  ],
  [CHAT, { ...chat, temperature: -0.1 }, "temperature", "invalid_value", ">=0"],
  [CHAT, { ...chat, temperature: 2.1 }, "temperature", "invalid_value", "<=2"],
  [CHAT, { ...chat, temperature: "1" }, "temperature", "invalid_type", "number"],
  [CHAT, { ...chat, top_p: 0 }, "top_p", "invalid_value", ">0"],
  [CHAT, { ...chat, top_p: 1.1 }, "top_p", "invalid_value", "<=1"],
  [CHAT, { ...chat, n: 0 }, "n", "invalid_value", ">=1"],
  [CHAT, { ...chat, n: 129 }, "n", "invalid_value", "<=128"],
  [CHAT, { ...chat, n: 1.5 }, "n", "invalid_type", "int"],
  [CHAT, { ...chat, seed: 0.5 }, "seed", "invalid_type", "int"],
  [CHAT, { ...chat, max_tokens: 0 }, "max_tokens", "invalid_value", ">=1"],
  [CHAT, { ...chat, max_tokens: 60 }, "max_tokens", "context_length_exceeded", "holds 64"],
  [CHAT, { ...chat, stop: "" }, "stop", "invalid_value", ">=1"],
  [CHAT, { ...chat, stop: [1] }, "stop", "invalid_value", "non-empty"],
  [CHAT, { ...chat, stream: 1 }, "stream", "invalid_type", "boolean"],
  [CHAT, { ...chat, stream_options: {} }, "stream_options", "invalid_value", "stream"],
  [CHAT, { ...chat, top_logprobs: 2 }, "top_logprobs", "invalid_value", "logprobs"],
  [CHAT, { ...chat, logprobs: true, top_logprobs: 21 }, "top_logprobs", "invalid_value", "<=20"],
  [CHAT, { ...chat, frequency_penalty: 1 }, "frequency_penalty", "invalid_value", "not supported"],
  [CHAT, { ...chat, tools: [{ type: "function" }] }, "tools[0]", "invalid_type", "not supported"],
  [
    CHAT,
    { ...chat, response_format: { type: "json_object" } },
    "response_format.type",
    "invalid_value",
    "text",
  ],
  [CHAT, { ...chat, temprature: 1 }, "temprature", "unknown_parameter", "temprature"],
  [CHAT, { ...chat, messages: [{ role: "user", content: "12é4" }] }, "messages", "outside_vocabulary", '"é"'],
  [CHAT, { ...chat, messages: [{ role: "user", content: "1!" }] }, "messages", "outside_vocabulary", '"!"'],
  [TEXT, { ...text, prompt: "1".repeat(900_000) }, "prompt", "context_length_exceeded", "900000 characters"],
  [TEXT, { ...text, prompt: Array(1025).fill("1") }, "prompt", "invalid_value", "1024"],
  [
    CHAT,
    { ...chat, messages: [{ role: "user", content: "1".repeat(64) }] },
    "messages",
    "context_length_exceeded",
    "65",
  ],
  [TEXT, { model: "tiny" }, "prompt", "invalid_value", "token array"],
  [TEXT, { ...text, prompt: [] }, "prompt", "invalid_value", "token array"],
  [TEXT, { ...text, prompt: [1, "1"] }, "prompt", "invalid_value", "token array"],
  [TEXT, { ...text, prompt: [-1] }, "prompt[0]", "invalid_value", ">=0"],
  [TEXT, { ...text, prompt: [0, 999] }, "prompt", "invalid_value", "999"],
  [TEXT, { ...text, prompt: ["1", "x"] }, "prompt[1]", "outside_vocabulary", "x"],
  [TEXT, { ...text, prompt: "1".repeat(64) }, "prompt", "context_length_exceeded", "65"],
  [TEXT, { ...text, max_tokens: 60 }, "max_tokens", "context_length_exceeded", "60"],
  [TEXT, { ...text, logprobs: true }, "logprobs", "invalid_type", "number"],
  [TEXT, { ...text, best_of: 2 }, "best_of", "invalid_value", "not supported"],
  [TEXT, { ...text, suffix: "1" }, "suffix", "invalid_value", "not supported"],
];

describe("a malformed request", () => {
  const titled = MALFORMED.map(
    (row) => [`${row[0]} ${JSON.stringify(row[1])}`.slice(0, 120), ...row] as const,
  );
  test.each(titled)("%s", async (_, path, body, param, code, reason) => {
    const { server, engine } = await serveOne();
    const answer = await post(server, path, body);
    expect(answer).toMatchObject({
      status: 400,
      body: {
        error: { message: expect.stringContaining(reason), type: "invalid_request_error", param, code },
      },
    });
    expect(engine.requests).toEqual([]);
  });

  test("is not one whose extra settings are neutral or for accounting", async () => {
    const { server } = await serveOne();
    const neutral = {
      frequency_penalty: 0,
      presence_penalty: null,
      logit_bias: {},
      tools: [],
      response_format: { type: "text" },
      top_k: -1,
      user: "someone",
      metadata: { a: "b" },
    };
    expect((await post(server, CHAT, { ...chat, ...neutral })).status).toBe(200);
  });

  test("gives 404 for a model that is not served and names the served ones", async () => {
    const { client } = await serveOne();
    const answer = client.completions.create({ ...text, model: "huge" });
    await expect(answer).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
      param: "model",
      message: expect.stringContaining("'tiny'"),
    });
  });

  test("gives 404 in the same format for an unknown route or method", async () => {
    const { server } = await serveOne();
    const body = { error: { code: "unknown_route", type: "invalid_request_error" } };
    expect(await post(server, "/v1/embeddings", {})).toMatchObject({ status: 404, body });
    expect((await fetch(server.url + CHAT)).status).toBe(404);
  });

  test("gives 400 for another media type, which blocks web pages of other sites", async () => {
    const { server } = await serveOne();
    const answer = await post(server, CHAT, JSON.stringify(chat), { "content-type": "text/plain" });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "invalid_content_type" } } });
  });
});

describe("a body over the limit", () => {
  const long = JSON.stringify({ ...text, prompt: "1".repeat(2000) });
  const headers = { "content-type": "application/json" };

  test("gives 413 by its declared length", async () => {
    const { server, client } = await serveOne(undefined, { maxBodyBytes: 1000 });
    const answer = await post(server, TEXT, long);
    expect(answer).toMatchObject({ status: 413, body: { error: { code: "payload_too_large" } } });
    expect((await client.completions.create(text)).choices).toHaveLength(1);
  });

  test("gives 413 if it comes in chunks without a declared length", async () => {
    const { server } = await serveOne(undefined, { maxBodyBytes: 1000 });
    const status = await new Promise((resolve, reject) => {
      const outgoing = request(server.url + TEXT, { method: "POST", headers }, ({ statusCode }) =>
        resolve(statusCode),
      );
      outgoing.on("error", reject);
      outgoing.write(long.slice(0, 600));
      outgoing.end(long.slice(600));
    });
    expect(status).toBe(413);
  });

  test("is read if it comes in chunks below the limit", async () => {
    const { server } = await serveOne();
    const body = JSON.stringify(text);
    const status = await new Promise((resolve, reject) => {
      const outgoing = request(server.url + TEXT, { method: "POST", headers }, ({ statusCode }) =>
        resolve(statusCode),
      );
      outgoing.on("error", reject);
      outgoing.write(body.slice(0, 6));
      outgoing.end(body.slice(6));
    });
    expect(status).toBe(200);
  });
});
