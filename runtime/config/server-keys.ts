/** The configuration keys of the model servers that `agora up` starts; a run does not read them. */
import { z } from "zod";

const text = z.string().min(1);

export const serverSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: "expected 1 to 64 letters, digits, hyphens or underscores" })
      .describe("Name of the server, before each line of its log."),
    kind: z
      .enum(["vllm", "transformers", "llamacpp", "command"])
      .describe("vllm, transformers (its `serve`), llamacpp (llama-server), or a command of your own."),
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
        "Program and first arguments, such as [.venv/bin/transformers, serve]; {port} stands for the port. Default: the kind's own.",
      ),
    weights: text
      .optional()
      .describe("Folder, file or Hugging Face id of the weights. Default: the id of the model it serves."),
    arguments: z
      .array(text)
      .default([])
      .describe("Further arguments, after ours: where both speak, these win."),
    folder: text.optional().describe("Working directory. Default: the one `agora up` was started in."),
    gpus: z
      .array(z.int().min(0))
      .min(1)
      .optional()
      .describe("GPUs it sees, by CUDA's numbers; servers on one GPU start one after another. Default: all."),
    gpuShare: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe("Share of each GPU's memory that vLLM takes [share]. Default: vLLM's own."),
    health: z
      .string()
      .startsWith("/")
      .default("/health")
      .describe("Path that answers 200 once the server is ready."),
    startSeconds: z
      .number()
      .positive()
      .default(900)
      .describe("Time from start to health, with any download of weights [s]."),
    restarts: z.int().min(0).default(3).describe("Deaths in a row after which a server stays down [deaths]."),
  })
  .describe("One server that `agora up` starts.");

export type ServerConfig = Readonly<z.output<typeof serverSchema>>;
