/** Conformance tests of the engine port, for the real engines and the in-memory twin. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Engine, GenerationRequest } from "./port.ts";

export interface EngineUnderTest {
  readonly name: string;
  /** Opens an engine that answers the prompt `Q: 1+2=` with at least twenty tokens. */
  readonly open: () => Promise<Engine>;
  /** A PEFT folder that fits the model. */
  readonly adapterFolder: () => string;
}

const PROMPT = "Q: 1+2=";

export const describeEngine = ({ name, open, adapterFolder }: EngineUnderTest): void => {
  describe(`${name} as an engine`, () => {
    let engine: Engine;
    beforeEach(async () => {
      engine = await open();
    });
    afterEach(() => engine.close());

    const requestFor = (changes: Partial<GenerationRequest> = {}): GenerationRequest => ({
      prompt: [engine.tokenizer.beginToken, ...engine.tokenizer.encode(PROMPT)],
      maxTokens: 12,
      temperature: 0,
      topP: 1,
      seed: 7,
      stop: [],
      ...changes,
    });

    describeTokenizer(() => engine);
    describeGeneration(() => engine, requestFor);
    describeRefusals(() => engine, requestFor);
    describeEnds(() => engine, requestFor);
    describeAdapters(() => engine, requestFor, adapterFolder);
  });
};

type Current = () => Engine;
type Make = (changes?: Partial<GenerationRequest>) => GenerationRequest;

const describeTokenizer = (engine: Current): void => {
  test("round-trips text exactly and leaves special tokens out", () => {
    const { tokenizer } = engine();
    const text = "Q: 7*8-3=? A: yes\nstep  no.";
    const tokens = tokenizer.encode(text);
    expect(tokenizer.decode(tokens)).toBe(text);
    expect(tokenizer.decode([tokenizer.beginToken, ...tokens, tokenizer.endToken])).toBe(text);
    expect(tokenizer.encode("")).toEqual([]);
    expect(Math.max(...tokens)).toBeLessThan(tokenizer.vocabularySize);
  });

  test("refuses text outside its vocabulary", () => {
    expect(() => engine().tokenizer.encode("1+雪")).toThrow(
      expect.objectContaining({ code: "text-not-encodable" }),
    );
  });
};

const describeGeneration = (engine: Current, request: Make): void => {
  test("stops at maxTokens with the finish reason length", async () => {
    const generation = await engine().generate(request());
    expect(generation.tokens).toHaveLength(12);
    expect(generation.finish).toBe("length");
    expect(generation.text).toBe(engine().tokenizer.decode(generation.tokens));
    expect(generation.logprobs).toBeUndefined();
    expect(generation.promptLogprobs).toBeUndefined();
  });

  test("gives the same tokens for the same seed, alone or in a batch", async () => {
    const sampled = request({ temperature: 1, topP: 0.95 });
    const alone = await engine().generate(sampled);
    const company = Array.from({ length: 20 }, (_, seed) =>
      engine().generate({ ...sampled, seed, maxTokens: 5 + seed }),
    );
    const [again] = await Promise.all([engine().generate(sampled), ...company]);
    expect(again).toEqual(alone);
  });

  test("ends before a stop text", async () => {
    const whole = await engine().generate(request({ maxTokens: 20 }));
    const stop = whole.text.slice(5, 7);
    const stopped = await engine().generate(request({ maxTokens: 20, stop: [stop] }));
    expect(stopped.finish).toBe("stop");
    expect(stopped.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
    expect(stopped.text.startsWith(engine().tokenizer.decode(stopped.tokens))).toBe(true);
  });

  test("streams the text in pieces, without the stop text", async () => {
    const whole = await engine().generate(request({ maxTokens: 20 }));
    const pieces: string[] = [];
    const options = { onText: (piece: string) => pieces.push(piece) };
    const stopped = await engine().generate(
      request({ maxTokens: 20, stop: [whole.text.slice(8, 11)] }),
      options,
    );
    expect(pieces.join("")).toBe(stopped.text);
    expect(pieces.length).toBeGreaterThan(1);
  });

  test("reports log-probabilities, best alternatives first", async () => {
    const generation = await engine().generate(request({ logprobs: 2 }));
    expect(generation.logprobs?.map(({ token }) => token)).toEqual(generation.tokens);
    for (const { logprob, top } of generation.logprobs ?? []) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top.length).toBeGreaterThan(0);
      expect(top.length).toBeLessThanOrEqual(2);
      expect(top[0]?.logprob).toBeCloseTo(logprob, 10);
      expect(top.map((entry) => entry.logprob)).toEqual(
        top.map((entry) => entry.logprob).toSorted((a, b) => b - a),
      );
    }
  });

  test("scores a prompt without generating tokens", async () => {
    const scored = request({ maxTokens: 0, scorePrompt: true });
    const generation = await engine().generate(scored);
    expect(generation).toMatchObject({ tokens: [], text: "", finish: "length" });
    const [first, ...rest] = generation.promptLogprobs ?? [];
    expect(first).toBeUndefined();
    expect(rest.map((entry) => entry?.token)).toEqual(scored.prompt.slice(1));
  });

  test("stays within the context", async () => {
    const { contextLength, tokenizer } = engine();
    const filler = Array.from({ length: contextLength - 3 }, () => tokenizer.encode("1")).flat();
    const generation = await engine().generate(request({ prompt: filler, maxTokens: 50 }));
    expect(generation.tokens.length).toBeLessThanOrEqual(3);
  });
};

const describeRefusals = (engine: Current, request: Make): void => {
  const refusals: [string, string, (current: Engine) => Partial<GenerationRequest>][] = [
    ["an empty prompt", "request-invalid", () => ({ prompt: [] })],
    [
      "a token outside the vocabulary",
      "request-invalid",
      ({ tokenizer }) => ({ prompt: [tokenizer.vocabularySize] }),
    ],
    ["a negative temperature", "request-invalid", () => ({ temperature: -1 })],
    ["an empty nucleus", "request-invalid", () => ({ topP: 0 })],
    [
      "too long a prompt",
      "prompt-too-long",
      ({ contextLength }) => ({ prompt: new Array(contextLength + 1).fill(1) }),
    ],
    ["an unknown adapter", "adapter-unknown", () => ({ adapter: "nobody@v1" })],
  ];
  test.each(refusals)("refuses %s", async (_, code, changes) => {
    await expect(engine().generate(request(changes(engine())))).rejects.toMatchObject({ code });
  });
};

const describeEnds = (engine: Current, request: Make): void => {
  test("rejects with the signal's reason and continues to serve", async () => {
    const reason = new Error("left the state");
    const before = engine().generate(request(), { signal: AbortSignal.abort(reason) });
    await expect(before).rejects.toBe(reason);
    const controller = new AbortController();
    const options = { signal: controller.signal, onText: () => controller.abort(reason) };
    await expect(engine().generate(request({ maxTokens: 200 }), options)).rejects.toBe(reason);
    expect((await engine().generate(request())).tokens).toHaveLength(12);
  });

  test("rejects pending and later calls when closed", async () => {
    const underWay = engine().generate(request({ maxTokens: 200 }));
    const outcome = expect(underWay).rejects.toMatchObject({ code: "engine-closed" });
    await engine().close();
    await outcome;
    await expect(engine().generate(request())).rejects.toMatchObject({ code: "engine-closed" });
    await engine().close();
  });
};

const describeAdapters = (engine: Current, request: Make, folder: () => string): void => {
  test("serves several adapters and rejects a name that is in use", async () => {
    await engine().loadAdapter("agent@v1", folder());
    await engine().loadAdapter("agent@v2", folder());
    expect(engine().adapters()).toEqual(["agent@v1", "agent@v2"]);
    await expect(engine().loadAdapter("agent@v1", folder())).rejects.toMatchObject({
      code: "adapter-name-taken",
    });
    const adapters = ["agent@v1", "agent@v2"].map((adapter) => engine().generate(request({ adapter })));
    const [first, second] = await Promise.all([...adapters, engine().generate(request())]);
    expect(first).toEqual(second);
    await engine().unloadAdapter("agent@v1");
    expect(engine().adapters()).toEqual(["agent@v2"]);
    await expect(engine().generate(request({ adapter: "agent@v1" }))).rejects.toMatchObject({
      code: "adapter-unknown",
    });
    await expect(engine().unloadAdapter("agent@v1")).rejects.toMatchObject({ code: "adapter-unknown" });
  });
};
