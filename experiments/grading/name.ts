/** Names that an answer gives its value: `x = 5`, `f(x) = 5`, `P(A) = 5`, `|AB| = 5`, `S_1 : S_2 = 5`, `(p, q) = 5`. */

const symbol = String.raw`(?:\\(?!frac|sqrt|text|pi\b|infty)[a-zA-Z]+|[a-zA-Z]|[A-Z]{2,4})(?:_(?:\{\w+\}|\w))?'*`;
const term = String.raw`(?:${symbol}(?:\(${symbol}(?:,\s*${symbol})*\))?|\|(?:${symbol})\||\\angle\s*[A-Z]{1,3})`;
const quotient = String.raw`(?:\\frac\{${term}\}\{${term}\}|${term}(?:\s*[:/]\s*${term})*)`;
const name = new RegExp(`^(?:${quotient}|\\(${symbol}(?:,\\s*${symbol})+\\))$`);

/** Longer texts are no names. */
const longestName = 60;

export const isName = (text: string): boolean => text.length <= longestName && name.test(text);

/** A function is the same, whatever its argument is called. */
export const nameOf = (text: string): string =>
  text.replace(/\([^()]*\)$/, "").replaceAll(/[\s{}]/g, "") || text;
