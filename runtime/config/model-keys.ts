/** The configuration keys of one model of the group. */
import { z } from "zod";
import { REFERENCE } from "../plugin/reference.ts";

/** Used in subjects, folder names and served adapter names: no dots, wildcards, spaces or slashes. */
export const word = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, {
  error: "expected 1 to 64 letters, digits, hyphens or underscores",
});
/** A word made of a text that may be none. */
export const wordOf = (text: string, length: number): string =>
  text.replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, length);
/** Timers end at once where they are set to more than 2^31 ms. */
export const seconds = z.number().positive().max(2_000_000);
/** Something built in, or of the user's own. */
export const reference = z.string().regex(REFERENCE, {
  error: "expected a name, or a path such as ./mine.ts",
});
const text = z.string().min(1);
const atLeastOne = z.int().min(1);

/** A union reports a text that is no URL with the error of that branch. */
const noEndpoint = {
  error: 'expected "pocket" or the http(s) URL of an OpenAI-compatible endpoint, including /v1',
};

/** The servers that take adapters at run time (runtime/model/adapters). */
export const ADAPTER_KINDS = ["vllm", "sglang", "ollama"] as const;
export const MODEL_ROLES = ["generator", "solver", "verifier", "voter", "explainer", "reviewer"] as const;
/** One value for all roles, or a mapping for some of them, such as `{ verifier: 0 }`. */
const perRole = <Value extends z.ZodType>(value: Value) =>
  z.union([value, z.partialRecord(z.enum(MODEL_ROLES), value)], {
    error: `expected a value in its bounds, or a mapping of ${MODEL_ROLES.join(", ")} to such values`,
  });

export const modelSchema = z
  .strictObject({
    name: word.describe("Name of the agent; unique in the group."),
    model: text.describe("Model id at the endpoint, or a pocket checkpoint's name."),
    endpoint: z
      .union([z.literal("pocket"), z.url({ protocol: /^https?$/, ...noEndpoint })], noEndpoint)
      .default("pocket")
      .describe('"pocket" for an embedded model, or the base URL of an OpenAI-compatible endpoint.'),
    apiKeyEnv: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "expected the name of an environment variable" })
      .optional()
      .describe("Name of the environment variable that holds the endpoint's key."),
    trainFrom: text
      .optional()
      .describe(
        "Checkpoint to train: a folder or a Hugging Face id. Default: the model id, or the checkpoint of a pocket model.",
      ),
    trustRemoteCode: z.boolean().optional().describe("Allows Python code of the trained checkpoint to run."),
    kind: reference.default("model").describe("Agent type: a name in the registry or the path of a module."),
    pack: reference.optional().describe("Prompt pack of this model. Default: the run's."),
    temperature: perRole(z.number().min(0).max(2))
      .optional()
      .describe("Sampling temperature, for all roles or by role. Default: the pack's, else the run's."),
    topP: perRole(z.number().gt(0).max(1))
      .optional()
      .describe("Nucleus mass, for all roles or by role [share]. Default: the pack's, else the run's."),
    maxTokens: perRole(atLeastOne)
      .optional()
      .describe("Maximum length of a reply, for all roles or by role [tokens]. Default: the pack's."),
    maxTokensFactor: z
      .number()
      .gt(0)
      .default(1)
      .describe("Multiplies the maxTokens of the pack, for models that think before they answer."),
    contextLength: atLeastOne
      .optional()
      .describe(
        "Context length of the model at its endpoint, for prompt and reply together [tokens]. Default: unbounded.",
      ),
    systemRole: z
      .boolean()
      .default(true)
      .describe("Capability: accepts system messages. Without it their text is put before the user message."),
    thinking: z
      .enum(["none", "off", "on"])
      .default("none")
      .describe(
        "Capability: none without a thinking mode, else the value of enable_thinking for the chat template.",
      ),
    choices: z
      .boolean()
      .default(true)
      .describe(
        "Capability: returns several choices in one call (n). Without it they are requested one by one.",
      ),
    structured: z
      .boolean()
      .default(false)
      .describe("Capability: replies in a JSON schema (response_format), if the pack has one."),
    logprobs: z.boolean().default(false).describe("Capability: returns the log-probabilities of its tokens."),
    adapters: z
      .union([z.boolean(), z.enum(ADAPTER_KINDS)], {
        error: `expected true, false, or one of ${ADAPTER_KINDS.join(", ")}`,
      })
      .default(true)
      .describe(
        "Capability: takes LoRA adapters at run time, by the endpoints of vllm (true means the same), sglang or ollama. false: none; the member plays untrained.",
      ),
    extraBody: z
      .record(text, z.json())
      .default({})
      .describe("Extra fields of every request, such as { reasoning_effort: none } for Ollama."),
    maxConcurrency: atLeastOne
      .optional()
      .describe(
        "Maximum number of parallel calls at the endpoint; models that share it use the smallest value [calls].",
      ),
    stops: z
      .boolean()
      .default(true)
      .describe(
        "Capability: supports stop strings. Replies are cut in any case (transformers serve lacks it for a closed vocabulary).",
      ),
    sharesSlots: z
      .array(z.int().min(0))
      .default([])
      .describe(
        "Training slots on the GPU that serves this model. While a job trains there, the endpoint sleeps (vLLM's sleep mode).",
      ),
  })
  .describe("One member of the group.");

export type ModelConfig = Readonly<z.output<typeof modelSchema>>;
/** The sampling settings that can be configured by role. */
export type ModelRole = (typeof MODEL_ROLES)[number];
