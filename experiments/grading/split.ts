/** Splits LaTeX at separators that stand outside all brackets. No text makes it throw. */

const opening = ["(", "[", "{", "\\{", "\\langle", "\\lfloor", "\\lceil", "\\begin"];
const closing = [")", "]", "}", "\\}", "\\rangle", "\\rfloor", "\\rceil", "\\end"];

/** Commands with their backslash, and single characters. */
export const tokensOf = (text: string): string[] => text.match(/\\(?:[a-zA-Z]+|.|$)|[^\\]/gs) ?? [];

/** One part more than separators. */
export interface Split {
  readonly parts: readonly string[];
  readonly separators: readonly string[];
}

/** Intervals such as `[0,1)` close with another bracket than they open: only the depth counts. */
export const splitAt = (text: string, isSeparator: (token: string) => boolean): Split => {
  const parts: string[] = [];
  const separators: string[] = [];
  let [depth, part] = [0, ""];
  for (const token of tokensOf(text)) {
    if (depth === 0 && isSeparator(token)) {
      separators.push(token);
      parts.push(part.trim());
      part = "";
      continue;
    }
    if (opening.includes(token)) depth += 1;
    if (closing.includes(token)) depth = Math.max(0, depth - 1);
    part += token;
  }
  return { parts: [...parts, part.trim()], separators };
};

export interface Bracketed {
  readonly open: string;
  readonly close: string;
  readonly inner: string;
}

/** The brackets around the whole text; undefined if the first one closes before the end. */
export const bracketsOf = (text: string): Bracketed | undefined => {
  const tokens = tokensOf(text.trim());
  const [open = "", close = ""] = [tokens[0], tokens.at(-1)];
  if (!opening.includes(open) || open === "\\begin" || !closing.includes(close)) return undefined;
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (opening.includes(token)) depth += 1;
    if (closing.includes(token)) depth -= 1;
    if (depth === 0)
      return index === tokens.length - 1
        ? { open, close, inner: tokens.slice(1, -1).join("").trim() }
        : undefined;
  }
  return undefined;
};
