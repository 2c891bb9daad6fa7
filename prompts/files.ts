/**
 * A pack's files: `pack.yaml`, one `<prompt>.txt` per prompt, and its `<prompt>.system.txt` if there is one, or the
 * system text that `pack.yaml` names for it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { type PackDefinition, packSchema } from "./definition.ts";
import { PackError } from "./error.ts";
import {
  compileTemplate,
  PROMPT_NAMES,
  PROMPT_VARIABLES,
  type PromptName,
  type Template,
} from "./template.ts";

export interface Templates {
  readonly system: Template | undefined;
  readonly user: Template;
}

export const readDefinition = (file: string): PackDefinition => {
  const parsed = packSchema.safeParse(parseYaml(file, readText(file)));
  if (parsed.success) return parsed.data;
  throw new PackError("pack.definition", file, z.prettifyError(parsed.error), "correct the keys it names");
};

const parseYaml = (file: string, text: string): unknown => {
  try {
    const document = parseDocument(text);
    const [fault] = [...document.errors, ...document.warnings];
    if (fault !== undefined) throw fault;
    return document.toJS();
  } catch (cause) {
    const problem = `not plain YAML: ${String(cause).split("\n", 1)[0]}`;
    throw new PackError("pack.definition", file, problem, "correct its syntax", { cause });
  }
};

export const readTemplates = (
  folder: string,
  { prompts }: Pick<PackDefinition, "prompts">,
): Readonly<Record<PromptName, Templates>> => {
  const entries = PROMPT_NAMES.map((name) => {
    const { system } = name === "example" ? {} : prompts[name];
    return [name, { user: readUser(folder, name), system: readSystem(folder, name, system) }] as const;
  });
  return Object.fromEntries(entries) as Record<PromptName, Templates>;
};

const readUser = (folder: string, name: PromptName): Template => {
  const file = join(folder, `${name}.txt`);
  return compileTemplate(readText(file), PROMPT_VARIABLES[name], file);
};

/** It may use the variables of its prompt and needs none. `shared`: as which it is named in `pack.yaml`. */
const readSystem = (folder: string, name: PromptName, shared: string | undefined): Template | undefined => {
  const file = join(folder, `${shared ?? name}.system.txt`);
  if (shared === undefined && !existsSync(file)) return undefined;
  const { required, optional } = PROMPT_VARIABLES[name];
  return compileTemplate(readText(file), { required: [], optional: [...required, ...optional] }, file);
};

const readText = (file: string): string => {
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
};
