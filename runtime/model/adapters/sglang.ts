/**
 * SGLang loads and unloads adapters at its root; a request asks for `<base>:<adapter>`. A failure is status 400 with
 * `{ success: false, error_message }`. Source: https://docs.sglang.io/docs/advanced_features/lora. The folder is a path
 * on the server's machine, and the server is started with --enable-lora, --max-lora-rank and --lora-target-modules.
 */
import type { AdapterServer, AdapterServerOptions } from "./adapter-server.ts";

/** The name ends at a colon: what follows the first one in a model id is the adapter. */
const nameAt = (name: string): string => name.replaceAll(":", "-");

export const sglangAdapters = ({ base, send }: AdapterServerOptions): AdapterServer => ({
  load: async (name, folder) => {
    await send({
      path: "/load_lora_adapter",
      body: { lora_name: nameAt(name), lora_path: folder },
      achieved: ({ message }) => /already/i.test(message),
    });
  },
  unload: async (name) => {
    await send({
      path: "/unload_lora_adapter",
      body: { lora_name: nameAt(name) },
      achieved: ({ message }) => /not (?:loaded|found|exist)/i.test(message),
    });
  },
  modelOf: (name) => `${base}:${nameAt(name)}`,
});
