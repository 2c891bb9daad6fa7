import { describe, expect, test } from "vitest";
import { KNOWN_SHAPES } from "./known-shapes.ts";
import { activationsOf, adapterSlotsOf, cacheOf, optimiserOf, weightsOf } from "./memory.ts";
import { adapterParameters, linearParameters, otherParameters, type Shape, shapeOf } from "./shape.ts";

const known = (id: string): Shape => shapeOf(KNOWN_SHAPES[id] ?? {});
const llama = known("meta-llama/Llama-3.2-1B-Instruct");
const gemma = known("google/gemma-3-4b-it");
const attention = ["q_proj", "k_proj", "v_proj", "o_proj"];

describe("the parameters of a shape", () => {
  /** The sizes of the published checkpoints. Ours leave out norms of queries and keys, and biases of the image tower. */
  test.each([
    ["meta-llama/Llama-3.2-1B-Instruct", 1_235_814_400, 0],
    ["Qwen/Qwen3-1.7B", 1_720_574_976, 28 * 2 * 128],
    ["Qwen/Qwen3-4B", 4_022_468_096, 36 * 2 * 128],
    ["microsoft/Phi-4-mini-instruct", 3_836_021_760, 0],
  ])("%s has those of its checkpoint", (id, published, leftOut) => {
    const shape = known(id);
    expect(linearParameters(shape) + otherParameters(shape)).toBe(published - leftOut);
  });

  test.each([
    ["google/gemma-3-1b-it", 999_885_952],
    ["google/gemma-3-4b-it", 4_300_079_472],
  ])("%s has those of its checkpoint to a thousandth, its image tower included", (id, published) => {
    const shape = known(id);
    const ours = linearParameters(shape) + otherParameters(shape);
    expect(Math.abs(ours / published - 1)).toBeLessThan(1e-3);
  });

  test("an adapter has rank times inputs and outputs of its layers", () => {
    // q and o: 2048 + 2048; k and v: 2048 + 512; 16 blocks.
    expect(adapterParameters(llama, 16, attention)).toBe(16 * 16 * (2 * 4096 + 2 * 2560));
    expect(adapterParameters(llama, 16, ["qkv_proj"])).toBe(0);
  });

  test("a config.json without what is needed is refused with the key's name", () => {
    expect(() => shapeOf({ hidden_size: 8 })).toThrow(/num_hidden_layers/);
  });

  test("a quantized checkpoint and a sliding window are read from config.json", () => {
    const base = { ...KNOWN_SHAPES["Qwen/Qwen3-4B"], sliding_window: 4096 };
    expect(shapeOf({ ...base, use_sliding_window: false }).slidingLayers).toBe(0);
    expect(shapeOf({ ...base, layer_types: ["sliding_attention", "full_attention"] }).slidingLayers).toBe(1);
    expect(shapeOf({ ...base, quantization_config: { quant_method: "awq", bits: 4 } }).weightBytes).toBe(0.5);
    expect(shapeOf({ ...base, quantization_config: { quant_method: "fp8" } }).weightBytes).toBe(1);
  });
});

describe("the memory of a shape, computed by hand", () => {
  test("weights take two bytes, four, or 4.127 bits in the linear layers", () => {
    expect(weightsOf(llama)).toBe(2 * 1_235_814_400);
    expect(weightsOf(llama, "float32")).toBe(4 * 1_235_814_400);
    // 16 blocks of 60,817,408; the embedding of 262,668,288 and norms of 67,584 stay in two bytes.
    expect(weightsOf(llama, "4bit")).toBeCloseTo(973_078_528 * 0.515875 + 2 * 262_735_872, 0);
  });

  test("a token's keys and values take 32 KiB in Llama-3.2-1B", () => {
    // 16 layers × 8 heads × 64 × 2 (keys and values) × 2 bytes.
    expect(cacheOf(llama, 1)).toBe(32_768);
    expect(cacheOf(llama, 8192)).toBe(256 * 1024 ** 2);
  });

  test("layers with a sliding window keep the window only", () => {
    // Five of Gemma's 34 layers see everything, 29 see 1024 tokens; 4 heads × 256 × 2 × 2 bytes.
    expect(cacheOf(gemma, 8192)).toBe((5 * 8192 + 29 * 1024) * 4096);
    expect(cacheOf(gemma, 512)).toBe(34 * 512 * 4096);
  });

  test("adapters take two bytes where they are served and sixteen where they are trained", () => {
    // Inputs and outputs of the seven linear layers of a block: 4096 + 2 × 2560 + 4096 + 3 × 10,240.
    expect(adapterSlotsOf(llama, 16, 3)).toBe(2 * 3 * 16 * 16 * 44_032);
    expect(optimiserOf(llama, 16, attention)).toBe(16 * 3_407_872);
  });

  test("activations grow with the samples, and checkpointing keeps one block and the inputs of the others", () => {
    const batch = { samples: 1, tokens: 1024, checkpointing: true };
    // A block, for each token: 2 × 4 × 2048 + 2 × (6 × 2048 + 2 × (32 + 16) × 64 + 5 × 8192) bytes.
    const block = 16_384 + 2 * (12_288 + 6_144 + 40_960);
    const logits = 128_256 * (4 * 1024 + 12 * 1024);
    expect(activationsOf(llama, batch)).toBe(1024 * (16 * 2 * 2048 + block) + logits);
    expect(activationsOf(llama, { ...batch, checkpointing: false })).toBe(1024 * 16 * block + logits);
    // More samples share the chunk of logits in float32.
    const two = activationsOf(llama, { ...batch, samples: 2 });
    expect(two).toBe(2 * activationsOf(llama, batch) - 128_256 * 12 * 1024);
  });
});
