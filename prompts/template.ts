/** The templates of a pack: the prompts they are for, their variables, and how the variables are filled. */
import { PackError } from "./error.ts";

export interface TemplateVariables {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

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
/** The prompts that a model is asked. */
export type AskedPrompt = Exclude<PromptName, "example">;

/** The variables a template must hold and, after them, those it may hold (empty where not given). */
export const PROMPT_VARIABLES: Readonly<Record<PromptName, TemplateVariables>> = {
  generator: { required: ["difficulty"], optional: ["topic", "level", "rubric", "ending"] },
  solver: { required: ["examples", "question"], optional: ["ending"] },
  verifier: { required: ["question", "solution"], optional: ["ending"] },
  voter: {
    required: ["question", "first", "second"],
    optional: ["remarks", "firstRemarks", "secondRemarks", "ending"],
  },
  explainer: { required: ["question", "solution"], optional: ["remarks", "ending"] },
  example: { required: ["question", "solution", "explanation"], optional: [] },
  reviewer: { required: ["question", "solution"], optional: ["ending"] },
};

export interface Template {
  /** Fills every variable in one pass: braces inside a variable's value are left alone. */
  render(variables: Readonly<Record<string, string>>): string;
}

/** `{variable}`, or a doubled brace, which stands for itself. Other braces are plain text. */
const MARK = /\{\{|\}\}|\{([A-Za-z]\w*)\}/g;

/**
 * Compiles a template's text. One newline at the end of the file is not part of it.
 * Throws `PackError` (`pack.variables`) where a variable is unknown or a required one is absent.
 */
export const compileTemplate = (source: string, variables: TemplateVariables, file: string): Template => {
  const text = source.replace(/\n$/, "");
  const present = new Set([...text.matchAll(MARK)].flatMap((match) => match[1] ?? []));
  const known = new Set([...variables.required, ...variables.optional]);
  for (const name of present) if (!known.has(name)) throw unknownVariable(file, name, known);
  for (const name of variables.required) if (!present.has(name)) throw absentVariable(file, name);
  return { render: (values) => fill(text, values, variables, file) };
};

const fill = (
  text: string,
  values: Readonly<Record<string, string>>,
  variables: TemplateVariables,
  file: string,
): string => {
  const known = new Set([...variables.required, ...variables.optional]);
  for (const name of Object.keys(values)) if (!known.has(name)) throw unknownVariable(file, name, known);
  for (const name of variables.required) if (values[name] === undefined) throw missingValue(file, name);
  return text.replaceAll(MARK, (mark, name: string | undefined) =>
    name === undefined ? mark.charAt(0) : (values[name] ?? ""),
  );
};

const unknownVariable = (file: string, name: string, known: ReadonlySet<string>): PackError => {
  const fix = `use one of ${[...known].map((variable) => `{${variable}}`).join(", ")}, or double a brace that is text`;
  return new PackError("pack.variables", file, `unknown variable {${name}}`, fix);
};

const absentVariable = (file: string, name: string): PackError => {
  return new PackError(
    "pack.variables",
    file,
    `the variable {${name}} is missing`,
    `write {${name}} where it belongs`,
  );
};

const missingValue = (file: string, name: string): PackError => {
  return new PackError(
    "pack.variables",
    file,
    `no value for the variable {${name}}`,
    "give it when rendering",
  );
};
