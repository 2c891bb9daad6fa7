import { PackError } from "./error.ts";

export interface TemplateSlots {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

export interface Template {
  /** Fills every slot in one pass: braces inside a slot's value are left alone. */
  render(slots: Readonly<Record<string, string>>): string;
}

/** `{slot}`, or a doubled brace, which stands for itself. Other braces are plain text. */
const MARK = /\{\{|\}\}|\{([A-Za-z]\w*)\}/g;

/**
 * Compiles a template's text. One newline at the end of the file is not part of it.
 * Throws `PackError` (`pack.slots`) where a slot is unknown or a required one is absent.
 */
export const compileTemplate = (source: string, slots: TemplateSlots, file: string): Template => {
  const text = source.replace(/\n$/, "");
  const present = new Set([...text.matchAll(MARK)].flatMap((match) => match[1] ?? []));
  const known = new Set([...slots.required, ...slots.optional]);
  for (const name of present) if (!known.has(name)) throw unknownSlot(file, name, known);
  for (const name of slots.required) if (!present.has(name)) throw absentSlot(file, name);
  return { render: (values) => fill(text, values, slots, file) };
};

const fill = (
  text: string,
  values: Readonly<Record<string, string>>,
  slots: TemplateSlots,
  file: string,
): string => {
  const known = new Set([...slots.required, ...slots.optional]);
  for (const name of Object.keys(values)) if (!known.has(name)) throw unknownSlot(file, name, known);
  for (const name of slots.required) if (values[name] === undefined) throw missingValue(file, name);
  return text.replaceAll(MARK, (mark, name: string | undefined) =>
    name === undefined ? mark.charAt(0) : (values[name] ?? ""),
  );
};

const unknownSlot = (file: string, name: string, known: ReadonlySet<string>): PackError => {
  const fix = `use one of ${[...known].map((slot) => `{${slot}}`).join(", ")}, or double a brace that is text`;
  return new PackError("pack.slots", file, `unknown slot {${name}}`, fix);
};

const absentSlot = (file: string, name: string): PackError => {
  return new PackError(
    "pack.slots",
    file,
    `the slot {${name}} is missing`,
    `write {${name}} where it belongs`,
  );
};

const missingValue = (file: string, name: string): PackError => {
  return new PackError("pack.slots", file, `no value for the slot {${name}}`, "give it when rendering");
};
