import { describe, expect, test } from "vitest";
import { serveOne, tokenizer } from "./server.fixture.ts";

describe("/v1/completions", () => {
  test("answers in OpenAI's format", async () => {
    const { client, engine } = await serveOne(() => "2;");
    const answer = await client.completions.create({ model: "tiny", prompt: "1+1=" });
    expect(answer).toEqual({
      id: expect.stringMatching(/^cmpl-/),
      object: "text_completion",
      created: expect.any(Number),
      model: "tiny",
      choices: [{ index: 0, text: "2;", logprobs: null, finish_reason: "stop" }],
      usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
    });
    expect(engine.requests[0]?.prompt).toEqual([tokenizer.beginToken, ...tokenizer.encode("1+1=")]);
    expect(engine.requests[0]?.maxTokens).toBe(16);
  });

  test("uses a token array as the prompt without changes", async () => {
    const { client, engine } = await serveOne();
    await client.completions.create({ model: "tiny", prompt: [5, 6, 7] });
    expect(engine.requests[0]?.prompt).toEqual([5, 6, 7]);
  });

  test.each([
    ["strings", ["1", "22"]],
    ["token arrays", [tokenizer.encode("1"), tokenizer.encode("22")]],
  ])("answers a list of %s, grouped by prompt", async (_, prompt) => {
    const { client, engine } = await serveOne(({ seed }) => String(seed));
    const answer = await client.completions.create({
      model: "tiny",
      prompt: prompt as string[] | number[][],
      n: 2,
      seed: 3,
      echo: true,
    });
    expect(answer.choices.map(({ index, text }) => [index, text])).toEqual([
      [0, "13"],
      [1, "14"],
      [2, "223"],
      [3, "224"],
    ]);
    const prompts = new Set(engine.requests.map((request) => request.prompt));
    expect(answer.usage?.prompt_tokens).toBe([...prompts].flat().length);
  });

  test("reports log-probabilities in parallel arrays, with the sampled token among the alternatives", async () => {
    const { client } = await serveOne(() => "01");
    const answer = await client.completions.create({ model: "tiny", prompt: "?", logprobs: 2 });
    expect(answer.choices[0]?.logprobs).toEqual({
      tokens: ["0", "1"],
      token_logprobs: [-0.25, -0.375],
      top_logprobs: [
        { "token_id:0": -9999, "token_id:1": -1, "0": -0.25 },
        { "token_id:0": -9999, "token_id:1": -1, "1": -0.375 },
      ],
      text_offset: [0, 1],
    });
  });

  test("scores an echoed prompt, except its first token", async () => {
    const { client, engine } = await serveOne(() => "9");
    const answer = await client.completions.create({
      model: "tiny",
      prompt: "01",
      echo: true,
      logprobs: 0,
      max_tokens: 1,
    });
    expect(engine.requests[0]?.scorePrompt).toBe(true);
    expect(answer.choices[0]?.text).toBe("019");
    expect(answer.choices[0]?.logprobs).toEqual({
      tokens: ["token_id:0", "0", "1", "9"],
      token_logprobs: [null, -0.25, -0.375, -1.375],
      top_logprobs: [null, { "0": -0.25 }, { "1": -0.375 }, { "9": -1.375 }],
      text_offset: [0, 0, 1, 2],
    });
  });

  test("only scores the prompt with max_tokens 0, even if it fills the context", async () => {
    const { client } = await serveOne();
    const answer = await client.completions.create({
      model: "tiny",
      prompt: "1".repeat(63),
      echo: true,
      logprobs: 0,
      max_tokens: 0,
    });
    expect(answer.choices[0]?.logprobs?.tokens).toHaveLength(64);
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(answer.usage?.completion_tokens).toBe(0);
  });

  test("does not score the prompt if no log-probabilities are requested", async () => {
    const { client, engine } = await serveOne();
    await client.completions.create({ model: "tiny", prompt: "1", echo: true });
    expect(engine.requests[0]).not.toHaveProperty("scorePrompt");
  });

  test("limits its default length to the rest of the context", async () => {
    const { client, engine } = await serveOne();
    await client.completions.create({ model: "tiny", prompt: "1".repeat(60), stop: ["+", ";"] });
    expect(engine.requests[0]).toMatchObject({ maxTokens: 3, stop: ["+", ";"] });
  });
});
