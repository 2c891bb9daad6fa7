/** The configuration keys of the model servers that `agora up` starts; a run does not read them. */
import { z } from "zod";

const text = z.string().min(1);

export const serverSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: "expected 1 to 64 letters, digits, hyphens or underscores" })
      .describe("Name of the server, shown before each line of its output."),
    kind: z
      .enum(["vllm", "transformers", "llamacpp", "command"])
      .describe("vllm, transformers (its `serve`), llamacpp (llama-server), or command (any other program)."),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .describe("Port on 127.0.0.1; it serves the models whose endpoint is http://127.0.0.1:<port>/v1."),
    command: z
      .array(text)
      .min(1)
      .optional()
      .describe(
        "Program and first arguments, such as [.venv/bin/transformers, serve]; {port} stands for the port. Default: that of the kind.",
      ),
    weights: text
      .optional()
      .describe("Folder, file or Hugging Face id of the weights. Default: the id of the model it serves."),
    arguments: z
      .array(text)
      .default([])
      .describe("Extra arguments, after those of Agora; they override them."),
    converter: z
      .array(text)
      .min(1)
      .optional()
      .describe(
        "llama.cpp's converter of adapters, such as [python3, llama.cpp/convert_lora_to_gguf.py]: with it a llamacpp server takes adapters at run time.",
      ),
    folder: text.optional().describe("Working directory. Default: that of `agora up`."),
    gpus: z
      .array(z.int().min(0))
      .min(1)
      .optional()
      .describe(
        "GPUs of the server, by CUDA's numbers; servers on the same GPU start one after another. Default: all.",
      ),
    gpuShare: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe("Share of each GPU's memory for vLLM [share]. Default: that of vLLM."),
    health: z
      .string()
      .startsWith("/")
      .default("/health")
      .describe("Path that answers with status 200 once the server is ready."),
    startSeconds: z
      .number()
      .positive()
      .default(900)
      .describe("Longest time from start to health, including downloads of weights [s]."),
    restarts: z
      .int()
      .min(0)
      .default(3)
      .describe("Maximum number of consecutive restarts before a server stays down [restarts]."),
  })
  .describe("One server that `agora up` starts.");

export type ServerConfig = Readonly<z.output<typeof serverSchema>>;
