import { describe, expect, test } from "vitest";
import { ScriptedEngine, serveModels, serveOne, tokenizer } from "./server.fixture.ts";

const user = (content: string) => [{ role: "user" as const, content }];

describe("/v1/chat/completions", () => {
  test("answers in OpenAI's format", async () => {
    const { client } = await serveOne(() => "1+1=2");
    const answer = await client.chat.completions.create({ model: "tiny", messages: user("?1+1") });
    expect(answer).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: "chat.completion",
      created: expect.any(Number),
      model: "tiny",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "1+1=2", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 },
    });
  });

  test("builds the prompt from the beginning token and all contents, for any roles", async () => {
    const { client, engine } = await serveOne();
    await client.chat.completions.create({
      model: "tiny",
      messages: [
        { role: "system", content: "1" },
        { role: "user", content: [{ type: "text", text: "+" }] },
        { role: "assistant", content: "2" },
      ],
    });
    expect(engine.requests[0]?.prompt).toEqual([tokenizer.beginToken, ...tokenizer.encode("1+2")]);
  });

  test("passes the sampling settings to the engine", async () => {
    const { client, engine } = await serveOne();
    await client.chat.completions.create({
      model: "tiny",
      messages: user("?"),
      temperature: 0.6,
      top_p: 0.95,
      seed: 11,
      stop: ";",
      max_tokens: 7,
    });
    expect(engine.requests[0]).toMatchObject({
      temperature: 0.6,
      topP: 0.95,
      seed: 11,
      stop: [";"],
      maxTokens: 7,
    });
    expect(engine.requests[0]).not.toHaveProperty("logprobs");
    expect(engine.requests[0]).not.toHaveProperty("adapter");
  });

  test("defaults to temperature 1, top-p 1, no stop text and the rest of the context", async () => {
    const { client, engine } = await serveOne();
    await client.chat.completions.create({ model: "tiny", messages: user("???"), stop: null, seed: null });
    expect(engine.requests[0]).toMatchObject({ temperature: 1, topP: 1, stop: [], maxTokens: 60 });
  });

  test("prefers max_completion_tokens to max_tokens, and reports the finish reason length", async () => {
    const { client } = await serveOne(() => "12345");
    const answer = await client.chat.completions.create({
      model: "tiny",
      messages: user("?"),
      max_tokens: 5,
      max_completion_tokens: 3,
    });
    expect(answer.choices[0]?.message.content).toBe("123");
    expect(answer.choices[0]?.finish_reason).toBe("length");
  });

  test("makes n choices with n engine requests and increasing seeds", async () => {
    const { client, engine } = await serveOne(({ seed }) => String(seed));
    const answer = await client.chat.completions.create({
      model: "tiny",
      messages: user("?"),
      n: 3,
      seed: 40,
    });
    expect(engine.requests.map(({ seed }) => seed)).toEqual([40, 41, 42]);
    expect(answer.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, "40"],
      [1, "41"],
      [2, "42"],
    ]);
    expect(answer.usage).toEqual({ prompt_tokens: 2, completion_tokens: 6, total_tokens: 8 });
  });

  test("draws a seed if none is given", async () => {
    const { client, engine } = await serveOne();
    for (let turn = 0; turn < 4; turn += 1) {
      await client.chat.completions.create({ model: "tiny", messages: user("?") });
    }
    expect(new Set(engine.requests.map(({ seed }) => seed)).size).toBeGreaterThan(1);
  });

  test("reports log-probabilities with their alternatives", async () => {
    const { client, engine } = await serveOne(() => "0");
    const answer = await client.chat.completions.create({
      model: "tiny",
      messages: user("?"),
      logprobs: true,
      top_logprobs: 3,
    });
    expect(engine.requests[0]?.logprobs).toBe(3);
    expect(answer.choices[0]?.logprobs).toEqual({
      refusal: null,
      content: [
        {
          token: "0",
          logprob: -0.25,
          bytes: [48],
          top_logprobs: [
            { token: "token_id:0", logprob: -9999, bytes: null },
            { token: "token_id:1", logprob: -1, bytes: null },
            { token: "0", logprob: -2, bytes: [48] },
          ],
        },
      ],
    });
  });

  test("reports log-probabilities without alternatives if none are requested", async () => {
    const { client } = await serveOne(() => "0");
    const answer = await client.chat.completions.create({
      model: "tiny",
      messages: user("?"),
      logprobs: true,
    });
    expect(answer.choices[0]?.logprobs?.content?.[0]?.top_logprobs).toEqual([]);
  });

  test("serves several models by name", async () => {
    const small = new ScriptedEngine(() => "1");
    const large = new ScriptedEngine(() => "2");
    const { client } = await serveModels([
      { name: "small", engine: small },
      { name: "large", engine: large },
    ]);
    const answer = await client.chat.completions.create({ model: "large", messages: user("?") });
    expect(answer.model).toBe("large");
    expect(answer.choices[0]?.message.content).toBe("2");
    expect(small.requests).toEqual([]);
  });

  test("passes concurrent requests to the engine together", async () => {
    const { client, engine } = await serveOne();
    const release = engine.hold();
    const answers = Array.from({ length: 20 }, () =>
      client.chat.completions.create({ model: "tiny", messages: user("?") }),
    );
    await expect.poll(() => engine.requests.length).toBe(20);
    release();
    expect(await Promise.all(answers)).toHaveLength(20);
  });
});
