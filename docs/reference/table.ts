/** Markdown tables. */

/** A value as it is written in YAML or JSON, in code font. */
export const code = (value: unknown): string =>
  `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;

/** Plain text, escaped so that Markdown does not read it as HTML. */
export const prose = (text: string): string => text.replaceAll("<", "&lt;");

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");

const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
