/**
 * Ollama has no adapters beside a model: it creates a model from a base and the files of an adapter, which are uploaded
 * by their digests first. Source: https://docs.ollama.com/api, "Create a Model" and "Push a Blob". The folder is a path
 * on our machine. Ollama converts adapters of Llama, Mistral and Gemma models; the base should not be quantized.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ModelError } from "../model-error.ts";
import type { AdapterServer, AdapterServerOptions, Send } from "./adapter-server.ts";

const FILES = ["adapter_config.json", "adapter_model.safetensors"] as const;

/** Names of models are letters, digits, dots, hyphens and underscores. */
const modelOf = (name: string): string => name.replaceAll(/[^\w.-]/g, "-");

const isAbsent = (error: unknown): boolean => error instanceof ModelError && error.status === 404;

/** Uploads a file unless the server has it; resolves with its digest. */
const push = async (send: Send, file: string): Promise<string> => {
  const bytes = new Uint8Array(await readFile(file));
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  try {
    await send({ method: "HEAD", path: `/api/blobs/${digest}` });
  } catch (error) {
    if (!isAbsent(error)) throw error;
    await send({ path: `/api/blobs/${digest}`, body: bytes });
  }
  return digest;
};

export const ollamaAdapters = ({ base, send }: AdapterServerOptions): AdapterServer => ({
  load: async (name, folder) => {
    const adapters: Record<string, string> = {};
    for (const file of FILES) adapters[file] = await push(send, join(folder, file));
    await send({ path: "/api/create", body: { model: modelOf(name), from: base, adapters, stream: false } });
  },
  unload: async (name) => {
    await send({
      ...{ method: "DELETE", path: "/api/delete", body: { model: modelOf(name) } },
      achieved: ({ status }) => status === 404,
    });
  },
  modelOf,
});
