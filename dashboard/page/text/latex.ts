/**
 * Finds LaTeX in a model's text: `\(…\)`, `\[…\]`, `$$…$$`, `$…$`, a bare `\boxed{…}` and environments.
 *
 * 1. The pieces join to the original text; everything that is not a formula is text.
 * 2. Amounts of money stay text: a formula in single dollars has no space at its ends and contains a mathematical
 *    sign.
 * 3. The work is limited: a formula has at most `maximumLength` characters, a text at most `maximumFormulas`
 *    formulas.
 */

export interface Piece {
  readonly kind: "text" | "formula";
  /** For a formula: the source without delimiters. */
  readonly text: string;
  readonly display: boolean;
  /** The piece as in the text. */
  readonly source: string;
}

const maximumLength = 2000;
const maximumFormulas = 200;

interface Delimiter {
  readonly open: RegExp;
  readonly close: string;
  readonly display: boolean;
}

const delimiters: readonly Delimiter[] = [
  { open: /\\\[/y, close: "\\]", display: true },
  { open: /\\\(/y, close: "\\)", display: false },
  { open: /\$\$/y, close: "$$", display: true },
];

const money = /\$(?![\s$])([^$\n]{1,500}?)(?<![\s\\])\$(?!\d)/y;
const mathematical = /[\\^_{}=<>+*/]|^[A-Za-z]$/;
const environment = /\\begin\{([a-zA-Z]+\*?)\}/y;

const at = (pattern: RegExp, text: string, index: number): RegExpExecArray | null => {
  pattern.lastIndex = index;
  return pattern.exec(text);
};

const formula = (text: string, source: string, display: boolean): Piece | undefined =>
  text.length > maximumLength || text.trim() === "" ? undefined : { kind: "formula", text, source, display };

const between = (text: string, index: number): Piece | undefined => {
  for (const { open, close, display } of delimiters) {
    const start = at(open, text, index);
    const end = start === null ? -1 : text.indexOf(close, index + start[0].length);
    if (start === null || end === -1) continue;
    return formula(text.slice(index + start[0].length, end), text.slice(index, end + close.length), display);
  }
  const dollars = at(money, text, index);
  return dollars !== null && mathematical.test(dollars[1] ?? "")
    ? formula(dollars[1] ?? "", dollars[0], false)
    : undefined;
};

const inEnvironment = (text: string, index: number): Piece | undefined => {
  const start = at(environment, text, index);
  const close = `\\end{${start?.[1]}}`;
  const end = start === null ? -1 : text.indexOf(close, index);
  if (end === -1) return undefined;
  const source = text.slice(index, end + close.length);
  return formula(source, source, true);
};

/** `\boxed{…}` with balanced braces. */
const boxed = (text: string, index: number): Piece | undefined => {
  if (!text.startsWith("\\boxed{", index)) return undefined;
  let depth = 0;
  for (let here = index + 6; here < Math.min(text.length, index + maximumLength); here++) {
    if (text[here] === "{") depth++;
    if (text[here] === "}") depth--;
    if (depth > 0) continue;
    const source = text.slice(index, here + 1);
    return formula(source, source, false);
  }
  return undefined;
};

const formulaAt = (text: string, index: number): Piece | undefined =>
  between(text, index) ?? inEnvironment(text, index) ?? boxed(text, index);

const plain = (text: string): Piece[] =>
  text === "" ? [] : [{ kind: "text", text, source: text, display: false }];

export const piecesOf = (text: string): readonly Piece[] => {
  const pieces: Piece[] = [];
  let [written, formulas] = [0, 0];
  for (const { index } of text.matchAll(/[\\$]/g)) {
    if (index < written || formulas === maximumFormulas) continue;
    const found = formulaAt(text, index);
    if (found === undefined) continue;
    pieces.push(...plain(text.slice(written, index)), found);
    written = index + found.source.length;
    formulas++;
  }
  return [...pieces, ...plain(text.slice(written))];
};
