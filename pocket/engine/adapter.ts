/** LoRA adapters in PEFT's format: `adapter_config.json` and `adapter_model.safetensors`. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import {
  type Checkpoint,
  type LayerWeights,
  type Matrix,
  type ModelShape,
  modulePath,
  projectionSize,
  readJson,
  readTensors,
  recordOf,
  TARGET_MODULES,
  type TargetModule,
} from "./checkpoint.ts";
import { causeText, EngineError } from "./errors.ts";
import { formatSafetensors, type Tensor } from "./safetensors.ts";

/** The low-rank change of one linear layer: `scale · b · a`. */
export interface AdapterPair {
  /** `[rank, inputs]` */
  readonly a: Float32Array;
  /** `[outputs, rank]` */
  readonly b: Float32Array;
}

export interface Adapter {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly targetModules: readonly TargetModule[];
  /** One record per layer; modules without an adapter are absent. */
  readonly layers: readonly Partial<Record<TargetModule, AdapterPair>>[];
}

/** The factor of the low-rank product. */
export const adapterScale = (adapter: Pick<Adapter, "alpha" | "rank">): number =>
  adapter.alpha / adapter.rank;

const absent = z.union([z.literal(false), z.null(), z.record(z.string(), z.never())]).optional();
const configSchema = z.object({
  peft_type: z.literal("LORA"),
  r: z.number().int().positive(),
  lora_alpha: z.number(),
  lora_dropout: z.number().default(0),
  target_modules: z.union([z.array(z.string()), z.string()]),
  bias: z.literal("none").default("none"),
  use_dora: absent,
  use_rslora: absent,
  rank_pattern: absent,
  alpha_pattern: absent,
  fan_in_fan_out: absent,
  modules_to_save: absent,
});

/** Throws `adapter-unreadable`, or `adapter-mismatch` if the adapter has another shape than the model. */
export const readAdapter = (folder: string, shape: ModelShape): Adapter => {
  const config = readConfig(folder);
  const tensors = readAdapterTensors(folder);
  const modules = TARGET_MODULES.filter((module) => tensors.has(tensorName(0, module, "A")));
  const layers = Array.from({ length: shape.layers }, (_, layer) =>
    Object.fromEntries(
      modules.map((module) => [module, takePair(tensors, folder, shape, config.r, layer, module)]),
    ),
  );
  const expected = shape.layers * modules.length * 2;
  if (tensors.size !== expected || expected === 0) {
    const problem = `has ${tensors.size} tensors; ${expected} of them fit the ${shape.layers} layers of the model`;
    throw new EngineError("adapter-mismatch", `Adapter ${folder} ${problem}`, {
      fix: "use an adapter made for this model",
    });
  }
  return {
    rank: config.r,
    alpha: config.lora_alpha,
    dropout: config.lora_dropout,
    targetModules: modules,
    layers,
  };
};

const readConfig = (folder: string): z.infer<typeof configSchema> => {
  const read = (): unknown => readJson(join(folder, "adapter_config.json"));
  const parsed = configSchema.safeParse(asAdapterError(folder, read));
  if (parsed.success) return parsed.data;
  const problem = `${folder}/adapter_config.json: ${z.prettifyError(parsed.error)}`;
  throw new EngineError("adapter-unreadable", problem, { expected: "a plain LoRA adapter" });
};

const readAdapterTensors = (folder: string): Map<string, Tensor> =>
  asAdapterError(folder, () => readTensors(join(folder, "adapter_model.safetensors")));

const asAdapterError = <Value>(folder: string, read: () => Value): Value => {
  try {
    return read();
  } catch (cause) {
    const problem = `Adapter ${folder} cannot be read: ${causeText(cause)}`;
    throw new EngineError("adapter-unreadable", problem, { cause });
  }
};

const tensorName = (layer: number, module: TargetModule, side: "A" | "B"): string =>
  `base_model.model.model.layers.${layer}.${modulePath(module)}.lora_${side}.weight`;

const takePair = (
  tensors: ReadonlyMap<string, Tensor>,
  folder: string,
  shape: ModelShape,
  rank: number,
  layer: number,
  module: TargetModule,
): AdapterPair => {
  const [outputs, inputs] = projectionSize(shape, module);
  const take = (side: "A" | "B", expected: readonly number[]): Float32Array => {
    const name = tensorName(layer, module, side);
    const tensor = tensors.get(name);
    if (tensor !== undefined && tensor.shape.join() === expected.join()) return tensor.data;
    const found = tensor === undefined ? "is missing" : `has shape [${tensor.shape}]`;
    throw new EngineError("adapter-mismatch", `Adapter ${folder}: ${name} ${found}`, {
      expected: `[${expected}], as the model needs`,
    });
  };
  return { a: take("A", [rank, inputs]), b: take("B", [outputs, rank]) };
};

/** A checkpoint with the linear layers `W + scale · B · A`; layers without an adapter pair share the base's arrays. */
export const mergeAdapter = (base: Checkpoint, adapter: Adapter): Checkpoint => {
  const scale = adapterScale(adapter);
  const merged = (layer: LayerWeights, index: number): LayerWeights => ({
    ...layer,
    projections: recordOf((module) => {
      const pair = adapter.layers[index]?.[module];
      const weight = layer.projections[module];
      return pair === undefined ? weight : addProduct(weight, pair, adapter.rank, scale);
    }),
  });
  return { ...base, layers: base.layers.map(merged) };
};

const addProduct = (weight: Matrix, pair: AdapterPair, rank: number, scale: number): Matrix => {
  const { outputs, inputs } = weight;
  const data = weight.data.slice();
  for (let output = 0; output < outputs; output++) {
    for (let column = 0; column < inputs; column++) {
      let sum = 0;
      for (let index = 0; index < rank; index++) {
        sum += (pair.b[output * rank + index] ?? 0) * (pair.a[index * inputs + column] ?? 0);
      }
      data[output * inputs + column] = (data[output * inputs + column] ?? 0) + scale * sum;
    }
  }
  return { outputs, inputs, data };
};

/**
 * Writes a PEFT adapter folder atomically: it fills a sibling folder and renames it. It replaces an older adapter
 * with the same name.
 */
export const writeAdapter = (folder: string, adapter: Adapter, base: Checkpoint): void => {
  const temporary = join(dirname(folder), `.${basename(folder)}.${process.pid}.partial`);
  mkdirSync(dirname(folder), { recursive: true });
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  writeFileSync(
    join(temporary, "adapter_model.safetensors"),
    formatSafetensors(adapterTensors(adapter, base.shape)),
  );
  writeFileSync(
    join(temporary, "adapter_config.json"),
    `${JSON.stringify(adapterConfig(adapter, base), null, 2)}\n`,
  );
  rmSync(folder, { recursive: true, force: true });
  renameSync(temporary, folder);
};

const adapterTensors = (adapter: Adapter, shape: ModelShape): Map<string, Tensor> => {
  const tensors = new Map<string, Tensor>();
  for (const [layer, pairs] of adapter.layers.entries()) {
    for (const module of adapter.targetModules) {
      const pair = pairs[module];
      if (pair === undefined) continue;
      const [outputs, inputs] = projectionSize(shape, module);
      tensors.set(tensorName(layer, module, "A"), { shape: [adapter.rank, inputs], data: pair.a });
      tensors.set(tensorName(layer, module, "B"), { shape: [outputs, adapter.rank], data: pair.b });
    }
  }
  return tensors;
};

const adapterConfig = (adapter: Adapter, base: Checkpoint): Record<string, unknown> => ({
  base_model_name_or_path: basename(base.folder),
  bias: "none",
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  lora_alpha: adapter.alpha,
  lora_dropout: adapter.dropout,
  modules_to_save: null,
  peft_type: "LORA",
  r: adapter.rank,
  target_modules: adapter.targetModules,
  task_type: "CAUSAL_LM",
  use_dora: false,
  use_rslora: false,
});
