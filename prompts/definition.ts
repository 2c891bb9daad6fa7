/** The schema of `pack.yaml`. */
import { z } from "zod";

const patternsSchema = z.strictObject({
  /** Tried in order; the first that matches decides. Group 1 is what it found. */
  patterns: z.array(z.string().min(1)).min(1),
  /** Flags of the regular expressions, such as `i` or `im`. */
  flags: z
    .string()
    .regex(/^[imsu]*$/)
    .default(""),
  /** What is read: the whole text, or its last line with content, without Markdown. */
  where: z.enum(["text", "last line"]).default("text"),
});
export type Patterns = z.infer<typeof patternsSchema>;
const words = z.array(z.string().min(1)).min(1);

const parsersSchema = z.strictObject({
  /** `braces` names a LaTeX command: the content of its last balanced braces takes precedence over the patterns. */
  answer: patternsSchema.extend({ braces: z.string().min(1).optional() }),
  verdict: patternsSchema.extend({ accept: words, refuse: words }),
  ballot: patternsSchema.extend({ first: words, second: words }),
  question: patternsSchema,
  /** Default: any text that is not empty. */
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
  /** The reply in the form without the schema; `{field}` stands for a field. */
  plain: z.string().min(1),
  /** Replaces the prompt's `ending`. */
  ending: z.string().min(1),
});

const settingsSchema = z.strictObject({
  /** Its system text is in `<system>.system.txt`, which prompts can share. Default: the prompt's own name. */
  system: z.string().regex(/^\w+$/).optional(),
  maxTokens: z.int().positive(),
  stop: z.array(z.string().min(1)).max(4).default([]),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().gt(0).max(1).optional(),
  /** Most choices of one call: they share the prompt and its topic. */
  choices: z.int().positive().optional(),
  /** Text of the variable `{ending}`: the form the reply must have. */
  ending: z.string().optional(),
  /** For models with structured output. */
  structured: structuredSchema.optional(),
});
/** How a prompt is asked; temperature and top-p only if the pack overrides the run's. */
export type PromptSettings = z.infer<typeof settingsSchema>;

export const packSchema = z.strictObject({
  name: z.string().min(1),
  /** Text after each few-shot example. */
  separator: z.string().default("\n\n"),
  /** Models may think before they reply; their thoughts are removed. */
  thinking: z.boolean().default(false),
  /** A reply that was cut off at maxTokens is not read. */
  whole: z.boolean().default(false),
  /** Variables that other models fill: their text is quoted as data (quote.ts). */
  quote: z
    .strictObject({
      variables: z.array(z.string().min(1)),
      /** By variable, the name of its tag. Default: its own name. */
      tags: z.record(z.string(), z.string().regex(/^\w+$/)).default({}),
      longest: z.int().positive().default(12_000),
    })
    .refine(({ variables, tags }) => Object.keys(tags).every((name) => variables.includes(name)), {
      path: ["tags"],
      error: "names a variable that is not quoted",
    })
    .optional(),
  /** The scale of difficulty: the variable `{level}` is the difficulty's line, `{rubric}` all of them. */
  levels: z.array(z.string().min(1)).default([]),
  /** Values of optional variables for which the caller gives none. */
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
