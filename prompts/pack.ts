import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { PackError } from "./error.ts";
import { compileParsers, type Parsers, parsersSchema } from "./parsers.ts";
import { compileTemplate, type Template } from "./template.ts";

/** Every prompt of a pack; `example` renders one elite few-shot example. */
export const PROMPT_NAMES = [
  "generator",
  "solver",
  "verifier",
  "voter",
  "explainer",
  "example",
  "reviewer",
] as const;
export type PromptName = (typeof PROMPT_NAMES)[number];

/** The slots a template must hold and, after them, those it may hold (empty where not given). */
const SLOTS: Record<
  PromptName,
  { readonly required: readonly string[]; readonly optional: readonly string[] }
> = {
  generator: { required: ["difficulty"], optional: ["topic"] },
  solver: { required: ["examples", "question"], optional: [] },
  verifier: { required: ["question", "solution"], optional: [] },
  voter: { required: ["question", "first", "second"], optional: [] },
  explainer: { required: ["question", "solution"], optional: ["remarks"] },
  example: { required: ["question", "solution", "explanation"], optional: [] },
  reviewer: { required: ["question", "solution"], optional: [] },
};

const settingsSchema = z.strictObject({
  maxTokens: z.int().positive(),
  stop: z.array(z.string().min(1)).max(4).default([]),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().gt(0).max(1).optional(),
});
/** How a prompt is sampled; temperature and top-p only where the pack overrides the run's. */
export type PromptSettings = z.infer<typeof settingsSchema>;

const packSchema = z.strictObject({
  name: z.string().min(1),
  /** Text after each few-shot example. */
  separator: z.string().default("\n\n"),
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

/** One elite interaction, as a few-shot example shows it. */
export interface FewShotExample {
  readonly question: string;
  readonly solution: string;
  readonly explanation: string;
}

export interface PromptPack extends Parsers {
  readonly name: string;
  readonly settings: Readonly<Record<Exclude<PromptName, "example">, PromptSettings>>;
  /** Throws `PackError` (`pack.slots`) on a slot that is missing or unknown. */
  render(prompt: PromptName, slots: Readonly<Record<string, string>>): string;
  /** The solver's `examples` slot: each example rendered and followed by the pack's separator. */
  examples(list: readonly FewShotExample[]): string;
}

/** Reads `pack.yaml` and one `<prompt>.txt` per prompt. Throws `PackError`, which names file and fix. */
export function loadPack(folder: string): PromptPack {
  const file = join(folder, "pack.yaml");
  const definition = readDefinition(file);
  const templates = readTemplates(folder);
  const render: PromptPack["render"] = (prompt, slots) => templates[prompt].render(slots);
  return {
    name: definition.name,
    settings: definition.prompts,
    render,
    examples: (list) => list.map((one) => render("example", { ...one }) + definition.separator).join(""),
    ...compileParsers(definition.parsers, file),
  };
}

function readDefinition(file: string): z.infer<typeof packSchema> {
  const parsed = packSchema.safeParse(parseYaml(file, readText(file)));
  if (parsed.success) return parsed.data;
  throw new PackError("pack.definition", file, z.prettifyError(parsed.error), "correct the keys it names");
}

function parseYaml(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new PackError("pack.definition", file, `not YAML: ${String(cause)}`, "correct its syntax", {
      cause,
    });
  }
}

function readTemplates(folder: string): Record<PromptName, Template> {
  const entries = PROMPT_NAMES.map((name) => {
    const file = join(folder, `${name}.txt`);
    return [name, compileTemplate(readText(file), SLOTS[name], file)] as const;
  });
  return Object.fromEntries(entries) as Record<PromptName, Template>;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  } catch (cause) {
    throw new PackError(
      "pack.file",
      file,
      "the file cannot be read",
      "a pack holds pack.yaml and one text file per prompt: add it",
      { cause },
    );
  }
}
