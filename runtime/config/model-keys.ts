/** What the configuration says of one model of the group. */
import { z } from "zod";
import { REFERENCE } from "../plugin/reference.ts";

/** Part of subjects, folder names and served adapter names: no dots, wildcards, spaces or slashes. */
export const word = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, {
  error: "expected 1 to 64 letters, digits, hyphens or underscores",
});
/** Something built in, or of the user's own. */
export const reference = z.string().regex(REFERENCE, {
  error: "expected a name, or a path such as ./mine.ts",
});
const text = z.string().min(1);
const atLeastOne = z.int().min(1);

export const MODEL_ROLES = ["generator", "solver", "verifier", "voter", "explainer", "reviewer"] as const;
/** One value for all roles, or one each for some of them: `{ verifier: 0 }`. */
const perRole = <Value extends z.ZodType>(value: Value) =>
  z.union([value, z.partialRecord(z.enum(MODEL_ROLES), value)], {
    error: `expected a value in its bounds, or a mapping of ${MODEL_ROLES.join(", ")} to such values`,
  });

export const modelSchema = z
  .strictObject({
    name: word.describe("Name of the agent; unique in the group."),
    model: text.describe("Model id at the endpoint, or a pocket checkpoint's name."),
    endpoint: z
      .union([z.literal("pocket"), z.url({ protocol: /^https?$/ })], {
        error: 'expected "pocket" or the http(s) URL of an OpenAI-compatible endpoint, with its /v1',
      })
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
        "Checkpoint that is trained: a folder, or an id on the hub. Default: the model id; a pocket model's own.",
      ),
    trustRemoteCode: z
      .boolean()
      .optional()
      .describe("Lets the checkpoint that is trained bring Python code of its own."),
    kind: reference.default("model").describe("Agent type: a name in the registry or the path of a module."),
    pack: reference.optional().describe("Prompt pack of this model. Default: the run's."),
    temperature: perRole(z.number().min(0).max(2))
      .optional()
      .describe("Sampling temperature, for all roles or by role. Default: the pack's, or else the run's."),
    topP: perRole(z.number().gt(0).max(1))
      .optional()
      .describe("Nucleus mass, for all roles or by role [share]. Default: the pack's, or else the run's."),
    maxTokens: perRole(atLeastOne)
      .optional()
      .describe("Most tokens of a reply, for all roles or by role [tokens]. Default: the pack's."),
    maxTokensFactor: z
      .number()
      .gt(0)
      .default(1)
      .describe("Multiplies the pack's most tokens of a reply: thinking needs room."),
    contextLength: atLeastOne
      .optional()
      .describe(
        "Positions that prompt and reply share, as the endpoint serves the model [tokens]. Default: unbounded.",
      ),
    systemRole: z
      .boolean()
      .default(true)
      .describe("Capability: takes system messages. Without it their text begins the user's message."),
    thinking: z
      .enum(["none", "off", "on"])
      .default("none")
      .describe(
        "Capability: none where the model has no thinking mode; else what the chat template is told (enable_thinking).",
      ),
    samples: z
      .boolean()
      .default(true)
      .describe(
        "Capability: draws several samples in one call (n). Without it they are asked for one by one.",
      ),
    structured: z
      .boolean()
      .default(false)
      .describe("Capability: replies in a JSON schema (response_format); used where the pack has one."),
    logprobs: z.boolean().default(false).describe("Capability: tells the log-probabilities of its tokens."),
    adapters: z
      .boolean()
      .default(true)
      .describe("Capability: loads LoRA adapters at run time, as vLLM does; a run with lora needs it."),
    extraBody: z
      .record(text, z.json())
      .default({})
      .describe("Further fields of every request, such as { reasoning_effort: none } for Ollama."),
    maxConcurrency: atLeastOne
      .optional()
      .describe(
        "Most calls at once at the endpoint; the smallest of the models that share it counts [calls].",
      ),
    stops: z
      .boolean()
      .default(true)
      .describe(
        "Capability: takes stop strings. Without it texts are cut here (transformers serve with a closed vocabulary).",
      ),
    sharesSlots: z
      .array(z.int().min(0))
      .default([])
      .describe(
        "Training slots on the GPU that serves this model: while a job trains there, its endpoint sleeps (vLLM's sleep mode).",
      ),
  })
  .describe("One member of the group.");

export type ModelConfig = Readonly<z.output<typeof modelSchema>>;
/** What a model can be asked for, as configured by role. */
export type ModelRole = (typeof MODEL_ROLES)[number];
