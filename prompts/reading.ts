/** Functions that read the output of models. No text makes them throw or take long. */

const THOUGHT_ENDS = /<\/(?:think|thinking|thought|reasoning)>|\[\/THINK\]/gi;
const THOUGHT_BEGINS = /<(?:think|thinking|thought|reasoning)>|\[THINK\]/i;

/**
 * The text after the last thought. The opening tag may be missing, because some templates write it into the prompt. A
 * thought without a closing tag was cut off; no text follows it.
 */
export const withoutThinking = (text: string): string => {
  const end = [...text.matchAll(THOUGHT_ENDS)].at(-1);
  const said = end ? text.slice(end.index + end[0].length) : text;
  const begin = said.search(THOUGHT_BEGINS);
  return (begin < 0 ? said : said.slice(0, begin)).trim();
};

/** Everything that a reader or a tokenizer may treat as the end of a line. */
export const LINE_ENDS = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

/** Code fences, rules and underlines. */
const ONLY_MARKUP = /^[\s`*_~#=.-]*$/;

/** The last line with content, without Markdown and closing punctuation; empty if there is none. */
export const lastLine = (text: string): string => {
  const line = text.split(LINE_ENDS).findLast((each) => !ONLY_MARKUP.test(each));
  return line === undefined ? "" : plain(line);
};

const WRAPPED = /\\(?:boxed|text|textbf|mathbf|mathrm)\{([^{}]*)\}/g;

/** A block quote keeps its mark: it is not the model's own line. */
const plain = (line: string): string => {
  const bare = line
    .replaceAll(/[*_`~#$]/g, "")
    .replaceAll(WRAPPED, "$1")
    .replaceAll(WRAPPED, "$1")
    .replace(/^\s*(?:[-•]|\d{1,2}[.)])\s+/, "");
  return untilLastWord(bare).trim();
};

/** Up to the last letter or digit; a regular expression would take quadratic time. */
const untilLastWord = (line: string): string => {
  const characters = [...line];
  const last = characters.findLastIndex((each) => /[\p{L}\p{N}]/u.test(each));
  return characters.slice(0, last + 1).join("");
};

/** Maximum number of openings that are tried. */
const MOST_OPENINGS = 64;

/** The content of the last balanced braces after a LaTeX command such as `\boxed`. */
export const lastBraces = (text: string, command: string): string | undefined => {
  let from = text.length;
  for (let tries = 0; tries < MOST_OPENINGS && from >= 0; tries++) {
    const at = text.lastIndexOf(`${command}{`, from);
    if (at < 0) return undefined;
    const end = closingBrace(text, at + command.length);
    if (end !== undefined) return text.slice(at + command.length + 1, end);
    from = at - 1;
  }
  return undefined;
};

/** Escaped braces are text. */
const closingBrace = (text: string, open: number): number | undefined => {
  let depth = 0;
  for (let index = open; index < text.length; index++) {
    const character = text[index];
    if (character === "\\") index++;
    else if (character === "{") depth++;
    else if (character === "}" && --depth === 0) return index;
  }
  return undefined;
};
