/** The server with the real engine, on a checkpoint with random weights. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  BEGIN,
  CONTEXT_LENGTH,
  tokenizerConfigFile,
  tokenizerFile,
  VOCABULARY,
} from "../dialect/tokenizer.ts";
import { formatSafetensors, type Tensor } from "../engine/safetensors.ts";
import { type PocketServer, servePocket } from "./serve.ts";
import { clientOf, post } from "./server.fixture.ts";

const HIDDEN = 16;
const RANK = 2;
const ADAPTED = "model.layers.0.self_attn.q_proj";

/** Deterministic pseudo-random weights within ±`size`. */
const weights = (shape: readonly number[], size: number): Tensor => {
  const length = shape.reduce((product, dimension) => product * dimension, 1);
  return {
    shape,
    data: Float32Array.from({ length }, (_, index) => size * Math.sin(index * index + length)),
  };
};

const writeCheckpoint = (folder: string): string => {
  mkdirSync(folder);
  const layer = "model.layers.0";
  const square = [HIDDEN, HIDDEN];
  const tensors = new Map([
    ["model.embed_tokens.weight", weights([VOCABULARY.length, HIDDEN], 1)],
    ["lm_head.weight", weights([VOCABULARY.length, HIDDEN], 0.6)],
    ["model.norm.weight", { shape: [HIDDEN], data: new Float32Array(HIDDEN).fill(1) }],
    [`${layer}.input_layernorm.weight`, { shape: [HIDDEN], data: new Float32Array(HIDDEN).fill(1) }],
    [`${layer}.post_attention_layernorm.weight`, { shape: [HIDDEN], data: new Float32Array(HIDDEN).fill(1) }],
  ]);
  for (const module of ["q_proj", "k_proj", "v_proj", "o_proj"]) {
    tensors.set(`${layer}.self_attn.${module}.weight`, weights(square, 0.5));
  }
  for (const module of ["gate_proj", "up_proj", "down_proj"]) {
    tensors.set(`${layer}.mlp.${module}.weight`, weights(square, 0.5));
  }
  writeFileSync(join(folder, "model.safetensors"), formatSafetensors(tensors));
  writeJson(folder, "tokenizer.json", tokenizerFile());
  writeJson(folder, "tokenizer_config.json", tokenizerConfigFile());
  writeJson(folder, "config.json", {
    model_type: "llama",
    vocab_size: VOCABULARY.length,
    hidden_size: HIDDEN,
    intermediate_size: HIDDEN,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: CONTEXT_LENGTH,
  });
  return folder;
};

const writeAdapter = (folder: string): string => {
  mkdirSync(folder);
  const tensors = new Map([
    [`base_model.model.${ADAPTED}.lora_A.weight`, weights([RANK, HIDDEN], 3)],
    [`base_model.model.${ADAPTED}.lora_B.weight`, weights([HIDDEN, RANK], 3)],
  ]);
  writeFileSync(join(folder, "adapter_model.safetensors"), formatSafetensors(tensors));
  const configuration = { peft_type: "LORA", r: RANK, lora_alpha: 4, target_modules: ["q_proj"] };
  writeJson(folder, "adapter_config.json", { ...configuration, base_model_name_or_path: "ant" });
  return folder;
};

const writeJson = (folder: string, name: string, value: object): void => {
  writeFileSync(join(folder, name), JSON.stringify(value));
};

let folder: string;
let server: PocketServer;
let client: OpenAI;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "agora-pocket-"));
  const models = [{ name: "ant", folder: writeCheckpoint(join(folder, "ant")) }];
  server = await servePocket({ models, adapterFolders: [folder] });
  client = clientOf(server);
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true });
});

const sampled = {
  model: "ant",
  messages: [{ role: "user" as const, content: "7*8-3=?" }],
  seed: 22,
  max_tokens: 24,
};

/** A seed with which the random weights write no special token, whose text is empty. */
const withoutSpecials = 14;

describe("the server with the real engine", () => {
  test("gives the same answer for the same seed, alone or in a batch", async () => {
    const alone = await client.chat.completions.create(sampled);
    const others = Array.from({ length: 12 }, (_, index) =>
      client.chat.completions.create({ ...sampled, seed: 100 + index }),
    );
    const [again, many] = await Promise.all([
      client.chat.completions.create(sampled),
      client.chat.completions.create({ ...sampled, n: 3, seed: 21 }),
      ...others,
    ]);
    expect(again.choices[0]?.message).toEqual(alone.choices[0]?.message);
    expect(many.choices[1]?.message).toEqual(alone.choices[0]?.message);
    expect(many.choices[0]?.message).not.toEqual(many.choices[1]?.message);
  });

  test("streams the same text as it returns in one response", async () => {
    const scored = { ...sampled, seed: withoutSpecials, logprobs: true, top_logprobs: 2 };
    const whole = await client.chat.completions.create(scored);
    const stream = client.chat.completions.stream(scored);
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(streamed.choices[0]?.logprobs).toEqual(whole.choices[0]?.logprobs);
    const tokens = whole.choices[0]?.logprobs?.content?.map(({ token }) => token) ?? [];
    expect(tokens.join("")).toBe(whole.choices[0]?.message.content);
    expect(tokens).toHaveLength(whole.usage?.completion_tokens ?? -1);
  });

  test("gives generated tokens and echoed tokens the same log-probabilities", async () => {
    const settings = { model: "ant", seed: withoutSpecials, max_tokens: 12, logprobs: 1 };
    const written = await client.completions.create({ ...settings, prompt: "1+2=" });
    const pieces = written.choices[0]?.logprobs?.tokens ?? [];
    const prompt = [BEGIN, ...["1", "+", "2", "=", ...pieces].map((piece) => VOCABULARY.indexOf(piece))];
    expect(pieces).not.toContain("");
    const read = await client.completions.create({ ...settings, prompt, echo: true, max_tokens: 0 });
    const scores = written.choices[0]?.logprobs?.token_logprobs ?? [];
    const rescored = read.choices[0]?.logprobs?.token_logprobs?.slice(-scores.length) ?? [];
    expect(scores.length).toBeGreaterThan(3);
    for (const [index, score] of scores.entries()) expect(rescored[index]).toBeCloseTo(score, 3);
    expect(read.choices[0]?.text).toBe(`1+2=${written.choices[0]?.text}`);
    expect(read.choices[0]?.logprobs?.token_logprobs?.[0]).toBeNull();
  });

  test("stops before a stop text", async () => {
    const free = await client.chat.completions.create(sampled);
    const text = free.choices[0]?.message.content ?? "";
    const stop = text.slice(4, 6);
    const stopped = await client.chat.completions.create({ ...sampled, stop });
    expect(stopped.choices[0]?.message.content).toBe(text.slice(0, text.indexOf(stop)));
    expect(stopped.choices[0]?.finish_reason).toBe("stop");
  });

  test("gives another answer with an adapter and the same one without", async () => {
    const greedy = { ...sampled, temperature: 0 };
    const before = await client.chat.completions.create(greedy);
    const body = { lora_name: "ant@v1", lora_path: writeAdapter(join(folder, "adapter")) };
    await client.post("/load_lora_adapter", { body });
    const adapted = await client.chat.completions.create({ ...greedy, model: "ant@v1" });
    const base = await client.chat.completions.create(greedy);
    expect(adapted.choices[0]?.message.content).not.toBe(before.choices[0]?.message.content);
    expect(base.choices[0]?.message.content).toBe(before.choices[0]?.message.content);
    await client.post("/unload_lora_adapter", { body: { lora_name: "ant@v1" } });
    expect((await client.models.list()).data).toHaveLength(1);
  });

  test("frees the capacity of a disconnected client", async () => {
    const long = { ...sampled, n: 64, max_tokens: 400, stream: true } as const;
    for await (const chunk of await client.chat.completions.create(long)) {
      if (chunk.choices[0]?.delta.content) break;
    }
    const underWay = async () => {
      const health = (await (await fetch(`${server.url}/health`)).json()) as {
        models: { under_way: number }[];
      };
      return health.models[0]?.under_way;
    };
    await expect.poll(underWay).toBe(0);
  });

  test("rejects text outside the dialect and the text of special tokens", async () => {
    for (const [prompt, place] of [
      ["1+2 & 3", 'no token for "&"'],
      ["1+2</s>", 'no token for "</>"'],
    ]) {
      const refused = await post(server, "/v1/completions", { model: "ant", prompt });
      expect(refused).toMatchObject({
        status: 400,
        body: { error: { code: "outside_vocabulary", message: expect.stringContaining(place ?? "") } },
      });
    }
  });

  test("rejects a folder without a checkpoint", async () => {
    const models = [{ name: "ant", folder: join(folder, "absent") }];
    await expect(servePocket({ models })).rejects.toMatchObject({ code: "checkpoint-unreadable" });
  });
});
