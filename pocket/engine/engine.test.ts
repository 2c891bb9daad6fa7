import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { writeAdapter } from "./adapter.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import { describeEngine } from "./engine.conformance.ts";
import { FakeEngine } from "./fake-engine.ts";
import { LocalEngine } from "./local-engine.ts";
import type { GenerationRequest } from "./port.ts";
import { SMALL_SHAPE, writeRandomCheckpoint } from "./random-checkpoint.ts";
import { openEngine } from "./worker-engine.ts";

/** An adapter that changes every query projection strongly. */
const constantAdapter = ({ layers }: Checkpoint): Parameters<typeof writeAdapter>[1] => {
  const { hidden, heads, headDimension } = SMALL_SHAPE;
  const a = new Float32Array(hidden).map((_, index) => Math.sin(index));
  const b = new Float32Array(heads * headDimension).map((_, index) => Math.cos(index));
  return {
    rank: 1,
    alpha: 1,
    dropout: 0,
    targetModules: ["q_proj", "o_proj"],
    layers: layers.map(() => ({ q_proj: { a, b }, o_proj: { a, b } })),
  };
};

const folder = mkdtempSync(join(tmpdir(), "agora-engine-"));
const model = join(folder, "tiny");
const adapter = join(folder, "adapter");
writeRandomCheckpoint(model);
writeAdapter(adapter, constantAdapter(readCheckpoint(model)), readCheckpoint(model));
afterAll(() => rmSync(folder, { recursive: true }));

describeEngine({
  name: "LocalEngine",
  open: async () => new LocalEngine(model),
  adapterFolder: () => adapter,
});
describeEngine({ name: "the worker engine", open: () => openEngine(model), adapterFolder: () => adapter });
describeEngine({
  name: "FakeEngine",
  open: async () =>
    new FakeEngine({ replies: () => "seven times eight is fifty-six, minus three".repeat(9) }),
  adapterFolder: () => adapter,
});

describe("the batched engine", () => {
  const requestOf = (seed: number, changes: Partial<GenerationRequest> = {}): GenerationRequest => ({
    prompt: [1, ...Array.from({ length: 20 + (seed % 7) }, (_, index) => 3 + ((index * index + seed) % 40))],
    maxTokens: 8 + (seed % 5),
    temperature: 1,
    topP: 0.9,
    seed,
    stop: [],
    ...changes,
  });

  test("gives the same result with more requests than slots as for each request alone", async () => {
    const crowded = new LocalEngine(model, { slots: 3, rows: 16 });
    await crowded.loadAdapter("a", adapter);
    const requests = Array.from({ length: 30 }, (_, seed) =>
      requestOf(seed, seed % 3 === 0 ? { adapter: "a" } : {}),
    );
    const together = await Promise.all(requests.map((request) => crowded.generate(request)));
    const roomy = new LocalEngine(model);
    await roomy.loadAdapter("a", adapter);
    for (const [index, request] of requests.entries())
      expect(await roomy.generate(request)).toEqual(together[index]);
  });

  test("shares the prefill of equal prompts without changing the samples", async () => {
    const engine = new LocalEngine(model, { slots: 8, rows: 24 });
    const seeds = Array.from({ length: 12 }, (_, seed) => seed);
    const same = { prompt: requestOf(3).prompt, maxTokens: 20 };
    const together = await Promise.all(seeds.map((seed) => engine.generate(requestOf(seed, same))));
    for (const seed of seeds)
      expect(await new LocalEngine(model).generate(requestOf(seed, same))).toEqual(together[seed]);
    expect(new Set(together.map(({ text }) => text)).size).toBeGreaterThan(6);
  });

  test("gives the same prompt scores for a repeated prompt", async () => {
    const engine = new LocalEngine(model);
    const request = requestOf(1, { maxTokens: 0, scorePrompt: true });
    const first = await engine.generate(request);
    expect(await engine.generate(request)).toEqual(first);
  });

  test("samples each request with its own adapter", async () => {
    const engine = new LocalEngine(model);
    await engine.loadAdapter("a", adapter);
    const requests = [requestOf(1, { adapter: "a" }), requestOf(1)];
    const [adapted, base] = await Promise.all(requests.map((request) => engine.generate(request)));
    expect(adapted?.tokens).not.toEqual(base?.tokens);
  });
});

describe("the worker engine", () => {
  test("rejects with the model's name when its thread dies", async () => {
    const engine = await openEngine(model, { slots: 100_000 }).catch((cause: unknown) => cause);
    expect(engine).toMatchObject({ code: "worker-crashed", message: expect.stringContaining("tiny") });
  });

  test("does not keep the process alive after close", () => {
    const index = JSON.stringify(new URL("./index.ts", import.meta.url).href);
    const script = `import(${index}).then(async ({ openEngine }) => {
      const engine = await openEngine(${JSON.stringify(model)});
      void engine.generate({ prompt: [1], maxTokens: 200, temperature: 0, topP: 1, seed: 0, stop: [] }).catch(() => {});
      await engine.close(); });`;
    const { status, stderr } = spawnSync(process.execPath, ["-e", script], {
      timeout: 20_000,
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
  });

  test("rejects a folder without a checkpoint", async () => {
    await expect(openEngine(join(folder, "none"))).rejects.toMatchObject({ code: "checkpoint-unreadable" });
  });
});

describe("the fake engine", () => {
  const request: GenerationRequest = {
    prompt: [1],
    maxTokens: 5,
    temperature: 0,
    topP: 1,
    seed: 0,
    stop: [],
  };

  test("can hang, fail and count aborts", async () => {
    const engine = new FakeEngine({ replies: ["yes"] });
    engine.hanging = true;
    const controller = new AbortController();
    const hung = engine.generate(request, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(hung).rejects.toThrow("enough");
    expect(engine.aborted).toBe(1);
    engine.failure = new Error("out of memory");
    await expect(engine.generate(request)).rejects.toThrow("out of memory");
  });

  test("names the prompt when no reply is left", async () => {
    const engine = new FakeEngine({ replies: ["yes"] });
    expect((await engine.generate(request)).text).toBe("yes");
    const dry = engine.generate({ ...request, prompt: [1, ...engine.tokenizer.encode("2+2=")] });
    await expect(dry).rejects.toThrow('no reply left for "2+2="');
  });
});
