/** What `pack.yaml` may say. */
import { z } from "zod";

const patternsSchema = z.strictObject({
  /** Tried in order; the first that matches decides. Group 1 is what it found. */
  patterns: z.array(z.string().min(1)).min(1),
  /** Flags of the regular expressions, such as `i` or `im`. */
  flags: z
    .string()
    .regex(/^[imsu]*$/)
    .default(""),
  /** What is read: all of it, or the last line that says anything, without its Markdown. */
  where: z.enum(["text", "last line"]).default("text"),
});
export type Patterns = z.infer<typeof patternsSchema>;
const words = z.array(z.string().min(1)).min(1);

const parsersSchema = z.strictObject({
  /** `braces` names a LaTeX command: its last balanced braces go before the patterns, wherever they stand. */
  answer: patternsSchema.extend({ braces: z.string().min(1).optional() }),
  verdict: patternsSchema.extend({ accept: words, refuse: words }),
  ballot: patternsSchema.extend({ first: words, second: words }),
  question: patternsSchema,
  /** Default: whatever is not empty. */
  explanation: patternsSchema.default({
    patterns: ["^\\s*(\\S[\\s\\S]*?)\\s*$"],
    flags: "",
    where: "text",
  }),
});
export type ParserDefinitions = z.infer<typeof parsersSchema>;

const structuredSchema = z.strictObject({
  /** JSON Schema of an object whose fields are texts. */
  schema: z.looseObject({
    type: z.literal("object"),
    properties: z.record(z.string(), z.looseObject({ type: z.literal("string") })),
  }),
  /** The reply as it would have been written without the schema; `{field}` for its fields. */
  plain: z.string().min(1),
  /** Stands in for the prompt's `ending`. */
  ending: z.string().min(1),
});

const settingsSchema = z.strictObject({
  maxTokens: z.int().positive(),
  stop: z.array(z.string().min(1)).max(4).default([]),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().gt(0).max(1).optional(),
  /** Most choices of one call: they share the prompt and its topic. */
  choices: z.int().positive().optional(),
  /** Text of the variable `{ending}`: the form the reply must have. */
  ending: z.string().optional(),
  /** How to ask a model that offers structured output. */
  structured: structuredSchema.optional(),
});
/** How a prompt is sampled; temperature and top-p only where the pack overrides the run's. */
export type PromptSettings = z.infer<typeof settingsSchema>;

export const packSchema = z.strictObject({
  name: z.string().min(1),
  /** Text after each few-shot example. */
  separator: z.string().default("\n\n"),
  /** Models of this pack may think aloud first: what they thought is no part of their reply. */
  thinking: z.boolean().default(false),
  /** A reply that was cut off at its most tokens is not read. */
  whole: z.boolean().default(false),
  /** Variables that other models fill: their text is quoted as data (quote.ts). */
  quote: z
    .strictObject({ variables: z.array(z.string().min(1)), longest: z.int().positive().default(12_000) })
    .optional(),
  /** The scale of difficulty: the variable `{level}` is the difficulty's line, `{rubric}` all of them. */
  levels: z.array(z.string().min(1)).default([]),
  /** Values of optional variables that nobody gave. */
  defaults: z.record(z.string(), z.string()).default({}),
  prompts: z.strictObject({
    generator: settingsSchema,
    solver: settingsSchema,
    verifier: settingsSchema,
    voter: settingsSchema,
    explainer: settingsSchema,
    reviewer: settingsSchema,
    example: z.strictObject({}).optional(),
  }),
  parsers: parsersSchema,
});
export type PackDefinition = z.infer<typeof packSchema>;
