/**
 * vLLM loads and unloads adapters in place, under any name, which is then a model id. The pocket server does the same.
 * Source: https://docs.vllm.ai/en/latest/features/lora/. The folder is a path on the server's machine.
 */
import type { AdapterServer, AdapterServerOptions } from "./adapter-server.ts";

export const vllmAdapters = ({ base, send }: AdapterServerOptions): AdapterServer => ({
  load: async (name, folder) => {
    await send({
      path: "/v1/load_lora_adapter",
      body: { lora_name: name, lora_path: folder, base_model_name: base },
      achieved: ({ message }) => /already/i.test(message),
    });
  },
  unload: async (name) => {
    await send({
      path: "/v1/unload_lora_adapter",
      body: { lora_name: name },
      achieved: ({ status }) => status === 404,
    });
  },
  modelOf: (name) => name,
});
