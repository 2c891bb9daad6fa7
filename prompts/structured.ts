/** Structured output: the schema for the server, and its reply as plain text for the parsers. */
import type { PromptSettings } from "./definition.ts";
import { compileTemplate, type Template } from "./template.ts";

/** As `response_format` of type `json_schema` takes it. */
export interface OutputSchema {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface Structure extends OutputSchema {
  /** Undefined if the text is not the requested object. */
  plain(text: string): string | undefined;
}

/** Throws `PackError` (`pack.variables`) if `plain` names an unknown field. */
export const compileStructure = (
  name: string,
  { structured }: PromptSettings,
  file: string,
): Structure | undefined => {
  if (structured === undefined) return undefined;
  const fields = Object.keys(structured.schema.properties);
  const template = compileTemplate(structured.plain, { required: [], optional: fields }, file);
  return { name, schema: structured.schema, plain: (text) => filled(template, fields, text) };
};

const filled = (template: Template, fields: readonly string[], text: string): string | undefined => {
  const values = objectIn(text);
  if (values === undefined) return undefined;
  const given = fields.map((field): [string, unknown] => [field, values[field]]);
  if (given.some(([, value]) => typeof value !== "string")) return undefined;
  return template.render(Object.fromEntries(given) as Record<string, string>);
};

/** Some servers wrap the object in a code fence. */
const objectIn = (text: string): Record<string, unknown> | undefined => {
  const bare = text
    .trim()
    .replace(/^```(?:json)?/, "")
    .replace(/```$/, "");
  try {
    const value: unknown = JSON.parse(bare);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};
