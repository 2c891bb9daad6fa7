import { describe, expect, test } from "vitest";
import { ConfigError, type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import { serverCommands, shellLine } from "./server-command.ts";

const KEY = "sk-very-secret";
const env = { SOME_KEY: KEY };
const model = (name: string, id: string, port: number, more: object = {}) => ({
  ...{ name, model: id, endpoint: `http://127.0.0.1:${port}/v1` },
  ...more,
});
const configOf = (overrides: ConfigInput) =>
  loadConfig({ env, checkpoints: [], overrides: { preset: "paper", ...overrides } });
const linesOf = (overrides: ConfigInput): string[] => serverCommands(configOf(overrides)).map(shellLine);
const problemOf = (overrides: ConfigInput): [string | undefined, string] => {
  try {
    configOf(overrides);
  } catch (error) {
    if (error instanceof ConfigError) return [error.key, error.message];
    throw error;
  }
  throw new Error("nothing is wrong with it");
};

const pair = [
  model("gemma", "google/gemma-3-1b-it", 8001, { contextLength: 8192 }),
  model("llama", "meta/llama", 8002),
];

describe("the command of a server", () => {
  test("vLLM with room for all adapter versions that are loaded at once", () => {
    const servers = [{ name: "one", kind: "vllm" as const, port: 8001, gpus: [0], gpuShare: 0.4 }];
    expect(linesOf({ models: pair, servers })).toEqual([
      "CUDA_VISIBLE_DEVICES=0 VLLM_ALLOW_RUNTIME_LORA_UPDATING=True " +
        "vllm serve google/gemma-3-1b-it --host 127.0.0.1 --port 8001 --max-model-len 8192 " +
        "--gpu-memory-utilization 0.4 --enable-lora --max-lora-rank 16 --max-loras 3 --max-cpu-loras 3",
    ]);
  });

  test("vLLM with sleep mode, on two GPUs, with a key that is not shown", () => {
    const members = [1, 2].map((index) =>
      model(`m${index}`, "gemma", 8001, { sharesSlots: [0], apiKeyEnv: "SOME_KEY" }),
    );
    const server = {
      name: "one",
      kind: "vllm" as const,
      port: 8001,
      gpus: [1, 2],
      weights: "/models/my gemma",
    };
    const [line = ""] = linesOf({ models: members, servers: [server], loraRank: 24 });
    expect(line).toContain("VLLM_SERVER_DEV_MODE=1 VLLM_API_KEY=\"$SOME_KEY\" vllm serve '/models/my gemma'");
    expect(line).toContain("--served-model-name gemma");
    expect(line).toContain("--tensor-parallel-size 2");
    expect(line).toContain("--max-lora-rank 32 --max-loras 6 --max-cpu-loras 6 --enable-sleep-mode");
    expect(line).not.toContain(KEY);
  });

  test("vLLM without adapters in a run without training", () => {
    const servers = [{ name: "one", kind: "vllm" as const, port: 8001 }];
    expect(linesOf({ models: pair, servers, lora: false })[0]).not.toMatch(/lora|LORA/);
  });

  test("transformers serve, pinned to one model or open to several", () => {
    const command = [".venv/bin/transformers", "serve"];
    const server = { name: "tf", kind: "transformers" as const, port: 8002, command };
    expect(linesOf({ models: pair, servers: [server] })).toEqual([
      ".venv/bin/transformers serve meta/llama --host 127.0.0.1 --port 8002",
    ]);
    const both = [model("a", "wren", 8002), model("b", "mole", 8002)];
    expect(linesOf({ models: both, servers: [{ ...server, folder: "pocket/check points" }] })).toEqual([
      "(cd 'pocket/check points' && .venv/bin/transformers serve --host 127.0.0.1 --port 8002)",
    ]);
  });

  test("llama.cpp from a file or the hub, with its context divided among parallel calls", () => {
    const members = [model("a", "llama", 8001, { contextLength: 4096, maxConcurrency: 2 }), ...pair.slice(1)];
    const server = { name: "lcpp", kind: "llamacpp" as const, port: 8001 };
    expect(linesOf({ models: members, servers: [{ ...server, weights: "/models/llama.gguf" }] })).toEqual([
      "llama-server --model /models/llama.gguf --alias llama --host 127.0.0.1 --port 8001 --parallel 2 --ctx-size 8192",
    ]);
    expect(linesOf({ models: members, servers: [server] })[0]).toContain(
      "llama-server -hf llama --alias llama",
    );
  });

  test("llama.cpp behind the gateway, where it takes adapters", () => {
    const members = [model("a", "llama", 8001, { trainFrom: "/models/llama" }), ...pair.slice(1)];
    const converter = ["python3", "convert_lora_to_gguf.py", "--verbose"];
    const server = { name: "lcpp", kind: "llamacpp" as const, port: 8001, converter };
    const [line = ""] = linesOf({ models: members, servers: [server], runsFolder: "/my-runs" });
    expect(line).toContain(
      "gateway-process.ts --port 8001 --start-seconds 900 --model llama --base /models/llama --adapters /my-runs " +
        "--converter=python3 --converter=convert_lora_to_gguf.py --converter=--verbose -- " +
        "llama-server -hf llama --alias llama --host 127.0.0.1 --parallel 4",
    );
    expect(linesOf({ models: members, servers: [server], lora: false })[0]).toBe(
      "llama-server -hf llama --alias llama --host 127.0.0.1 --port 8001 --parallel 4",
    );
  });

  test("a command of the user, with the port filled in and the extra arguments last", () => {
    const command = ["my-server", "--listen", "127.0.0.1:{port}"];
    const server = { name: "own", kind: "command" as const, port: 8001, command, arguments: ["-v", "$HOME"] };
    expect(linesOf({ models: pair, servers: [server] })).toEqual([
      "my-server --listen 127.0.0.1:8001 -v '$HOME'",
    ]);
  });
});

describe("the configuration check refuses", () => {
  const server = { name: "one", kind: "vllm" as const, port: 8001 };
  test.each([
    ["a repeated name", { servers: [server, { ...server, port: 8002 }] }, "servers[1].name"],
    ["a repeated port", { servers: [server, { ...server, name: "two" }] }, "servers[1].port"],
    ["a server without a model", { servers: [{ ...server, port: 8009 }] }, "servers[0].port"],
    [
      "a command without a program",
      { servers: [{ ...server, kind: "command" as const }] },
      "servers[0].command",
    ],
    [
      "a converter before another server",
      { servers: [{ ...server, converter: ["python3"] }] },
      "servers[0].converter",
    ],
    [
      "two base models at one vLLM",
      { servers: [server], models: [model("a", "x", 8001), model("b", "y", 8001)] },
      "servers[0].port",
    ],
    [
      "a missing training slot",
      { models: [model("a", "x", 8001, { sharesSlots: [1] }), ...pair.slice(1)], trainingSlots: 1 },
      "models[0].sharesSlots",
    ],
    [
      "an embedded model that shares a GPU",
      { models: [{ name: "a", model: "x", endpoint: "pocket", sharesSlots: [0] }, ...pair.slice(1)] },
      "models[0].sharesSlots",
    ],
  ] satisfies [string, ConfigInput, string][])("%s", (_, overrides, key) => {
    const [found, message] = problemOf({ models: pair, ...overrides });
    expect(found).toBe(key);
    expect(message).toContain("Fix: ");
  });

  test("a mistyped key, and suggests a similar one", () => {
    const servers = [{ name: "one", kind: "vllm", port: 8001, gpuShar: 0.5 }] as unknown as [];
    const [key, message] = problemOf({ models: pair, servers });
    expect(key).toBe("servers[0].gpuShar");
    expect(message).toContain('did you mean "gpuShare"?');
  });
});
