/** Rewrites an answer in one spelling of LaTeX: without delimiters, spacing, currencies, units and synonyms. */

type Rule = readonly [RegExp, string];

/** Only so much of an answer is compared [characters]. */
export const longestAnswer = 2_000;

/** Texts copied out of program code have doubled backslashes. */
const doubled: readonly Rule[] = [
  [
    /(?<!\\)\\\\(?=(?:[dtc]?frac|sqrt|boxed|left|right|text|pi|[lg]eq?|cdot|times|in|cup|infty|pm)(?![a-z]))/g,
    "\\",
  ],
];

const symbols: readonly Rule[] = [
  [/[−–—]/g, "-"],
  [/×|⋅|·/g, "\\cdot "],
  [/÷/g, "/"],
  [/π/g, "\\pi "],
  [/∞/g, "\\infty "],
  [/∪/g, "\\cup "],
  [/∈/g, "\\in "],
  [/≤/g, "\\le "],
  [/≥/g, "\\ge "],
  [/≠/g, "\\ne "],
  [/≈/g, "\\approx "],
  [/±/g, "\\pm "],
  [/²/g, "^2"],
  [/³/g, "^3"],
  [/√\s*(\d+|[a-z])/g, "\\sqrt{$1}"],
  [/[\u00a0\u2009\u202f]/g, " "],
  [/[’′]/g, "'"],
];

/** Before spacing commands are removed: they show that a comma groups digits. */
const grouping: readonly Rule[] = [
  [/(\d)\s*\{,\s*\}\s*(?=\d{3})/g, "$1"],
  [/(\d),\\!\s*(?=\d{3})/g, "$1"],
  [/(\d)\\,(?=\d{3}(?!\d))/g, "$1"],
];

const layout: readonly Rule[] = [
  [/(?<!\\)\\[()[\]]/g, " "],
  [/\\\$|[£€¥]|(?<!\\)\$/g, ""],
  [/\\(?:left|right)\s*\.(?!\d)/g, ""],
  [/\\(?:left|right|[bB]igg?[lr]?|displaystyle|limits|noindent|nolimits)(?![a-zA-Z])/g, ""],
  [/(?<!\\)\\!/g, ""],
  [/(?<!\\)\\[,;:> ]|~|\\q?quad(?![a-zA-Z])/g, " "],
  [/\\(?:textbf|textit|textrm|textnormal|textsf|mbox|mathrm|mathsf|operatorname|rm|bf)\s*\{/g, "\\text{"],
  [/\\(?:boxed|fbox|mathbf|boldsymbol|mathit)\s*\{([^{}]*)\}/g, "$1"],
];

/** `2e-1` is Euler's number less one; `2E-1`, `2.5e-1`, `1e-1`, `2e-01` and `2e3` are numbers as programs write them. */
const exponent = /(?<=\d)(?:E|(?<=\.\d+|(?<![\d.])1)e|e(?=\d|[-+]\d\d))([-+]?\d{1,3})(?![\d.a-zA-Z])/g;

const synonyms: readonly Rule[] = [
  [/\\[dtc]frac(?![a-zA-Z])/g, "\\frac"],
  [/\\frac\s*(\d)\s*(\d)/g, "\\frac{$1}{$2}"],
  [/\\frac\s*(\d)\s*\{/g, "\\frac{$1}{"],
  [/\\frac\s*\{([^{}]*)\}\s*(\d)/g, "\\frac{$1}{$2}"],
  [/\\frac\s+\{/g, "\\frac{"],
  [/(\\frac\{[^{}]*\})\s+\{/g, "$1{"],
  [/\\sqrt\s*(\d)/g, "\\sqrt{$1}"],
  [/\\sqrt\s+([a-zA-Z])/g, "\\sqrt{$1}"],
  [/\\sqrt\s+\{/g, "\\sqrt{"],
  [/<=|\\leq(?:slant)?(?![a-zA-Z])/g, "\\le "],
  [/>=|\\geq(?:slant)?(?![a-zA-Z])/g, "\\ge "],
  [/!=|\\neq(?![a-zA-Z])/g, "\\ne "],
  [/\\lt(?![a-zA-Z])/g, "<"],
  [/\\gt(?![a-zA-Z])/g, ">"],
  [/\\times(?![a-zA-Z])|\*/g, "\\cdot "],
  [exponent, "\\cdot 10^{$1}"],
  // The compute engine would read `2e - 1` as an exponent.
  [/(\d)\s*e(?=\s*[-+]\s*\d)/g, "$1\\cdot e"],
  [/\\[lr]vert(?![a-zA-Z])|\\[lr]?\|/g, "|"],
  [/\\(?:varnothing|emptyset)(?![a-zA-Z])/g, "\\{\\}"],
  [/\+\s*\\infty/g, "\\infty"],
  [/\\text\{\s*(?:and|or)\s*\}/g, " \\and "],
  [/(?<=[\d)}\]\s])(?:and|or)(?=[\s\d({[\\A-Z-])/g, " \\and "],
  [/,\s*\\and/g, ","],
];

/** `5 million dollars` is a number of dollars, whether its words are wrapped or not. */
const powers: readonly Rule[] = [
  [/(\d)\s*\\text\{\s*(hundred|thousand|million|billion|trillion)\b/g, "$1 $2\\text{"],
  ...Object.entries({ hundred: 2, thousand: 3, million: 6, billion: 9, trillion: 12 }).map(
    ([word, power]): Rule => [new RegExp(`(\\d)\\s*${word}\\b`, "g"), `$1\\cdot 10^{${power}}`],
  ),
];

const degrees: readonly Rule[] = [[/\^\s*\{?\s*\\circ\s*\}?|\\degree(?![a-zA-Z])|°/g, ""]];

/** What is still wrapped is a word or a symbol. */
const words: readonly Rule[] = [[/\\text\{([^{}]*)\}/g, "$1"]];

const percent = /\s*(?:\\?%|\\percent|\b(?:percent(?:age)?|pct)\b)/g;

const applied = (text: string, rules: readonly Rule[]): string =>
  rules.reduce((kept, [from, to]) => kept.replaceAll(from, to), text);

/** `12,345` and `1 000`: only outside brackets, where a comma would separate the entries of a tuple. */
const withoutGrouping = (text: string): string => {
  if (/^[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?$/.test(text)) return text.replaceAll(" ", "");
  if (/[([{]|,\s/.test(text.replaceAll(/\\(?:frac|sqrt)\{|\^\{/g, ""))) return text;
  return text.replaceAll(/(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?!\d)/g, (number) => number.replaceAll(",", ""));
};

/** Shorter words than three letters are variables, `2 ab`, unless they are units. */
const bareUnit =
  /^([-+]?(?:[\d.,/]+|\\frac\{\d+\}\{\d+\})(?:\\cdot 10\^\{\d+\})?)\s*(?: [a-zA-Z]{3}[a-zA-Z ./]*|(?:[ckm]?m|k?g|m?[lL]|ft|in|mi|lbs?|oz|hrs?|min|sec|mph|[kM]?Hz|[ap]\.?m))(?:\^\{?\d\}?)?$/;

/** Words that change the number before them. */
const operations =
  /(?<![\\a-zA-Z])(?:plus|minus|factorial|mod|choose|half|halves|(?:third|(?:four|fif|six|seven|eigh|nin|ten|hundred|thousand|million)th)s|sin|cos|tan|cot|log|ln|exp|sqrt)(?![a-zA-Z])|\d\s+(?:squared|cubed)(?![a-zA-Z])|(?<![a-zA-Z])(?:times|over) [a-zA-Z]$/;

/** Units: a wrapped text at the end, or words after a number. Words alone are an answer, not a unit. */
const withoutUnit = (text: string): string => {
  if (operations.test(applied(text, words))) return text;
  const unwrapped = text.replace(/^(.*[^\s,]\s*)\\text\{[^{}]*\}(?:\^\{?-?\d\}?)?$/s, "$1");
  return (bareUnit.exec(unwrapped)?.[1] ?? unwrapped).trim();
};

const punctuation = /[\s.,;:\\]+$/;

export interface CleanOptions {
  /** Whether a degree sign is kept; by default an angle is its number. */
  readonly degrees?: boolean;
  /** Whether every comma between digits is kept; by default `12,345` is one number. */
  readonly commas?: boolean;
}

/** The answer in one spelling; a percent sign stays, as `\%` at the end of its number. */
export const clean = (answer: string, options: CleanOptions = {}): string => {
  const plain = applied(answer.slice(0, longestAnswer).trim(), [...doubled, ...symbols, ...grouping]);
  const flat = applied(applied(plain, layout), [...layout.slice(-1), ...synonyms, ...powers]);
  const bare = options.degrees ? flat : applied(flat, degrees);
  const ended = bare.replaceAll(percent, "\\%").trim().replace(punctuation, "");
  const unitless = withoutUnit(ended).replace(punctuation, "");
  const worded = applied(unitless, words).trim();
  return options.commas ? worded : withoutGrouping(worded);
};
