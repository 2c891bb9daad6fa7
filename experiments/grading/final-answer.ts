/**
 * The final answer in a reply, as far as it can be found. In order: the last boxes; a text that is nothing but an
 * answer; what follows the last "answer is" or "answer:"; the last bold text; the last formula; the last number.
 * Thoughts are not read. No text makes this throw or take long.
 */
import { LINE_ENDS, withoutThinking } from "../../prompts/reading.ts";

/** Only the end of a reply is read [characters]. */
const longestTail = 8_000;

/** Closing remarks and the tags of chat templates. */
const remarks = /<\|[\s\S]*$|\s*I hope (?:it|this) is correct\.?\s*$/;

const bodyOf = (reply: string): string => {
  const said = withoutThinking(reply.slice(-longestTail)).replaceAll(/\\\\(?=boxed)/g, "\\");
  return said.replace(remarks, "").replace(remarks, "").trim();
};

interface Found {
  readonly content: string;
  readonly begin: number;
  readonly end: number;
}

/** More boxes than this are not read. */
const mostBoxes = 64;

const boxesIn = (text: string): Found[] => {
  const boxes: Found[] = [];
  for (const match of [...text.matchAll(/\\(?:boxed|fbox)\s*(?=\{)/g)].slice(-mostBoxes)) {
    const open = match.index + match[0].length;
    const content = bracedAt(text, open);
    if (content !== undefined) boxes.push({ content, begin: match.index, end: open + content.length + 2 });
  }
  return boxes.filter((box) => !boxes.some(({ begin, end }) => begin < box.begin && box.end < end));
};

/** The content of balanced braces; escaped ones are text. */
const bracedAt = (text: string, open: number): string | undefined => {
  let depth = 0;
  for (let index = open; index < text.length; index++) {
    const character = text[index];
    if (character === "\\") index++;
    else if (character === "{") depth++;
    else if (character === "}" && --depth === 0) return text.slice(open + 1, index);
  }
  return undefined;
};

/** Words between the parts of one answer, and their length with markup [characters]. */
const mostWords = 4;
const longestConnector = 100;

/** `, `, ` and `, `$ and $x_2 = `: what follows belongs to the same answer. */
const isConnector = (text: string): boolean => {
  if (text.length > longestConnector) return false;
  const plain = text
    .replaceAll(/\\(?:text|mbox)\{([^{}]*)\}/g, "$1")
    .replaceAll(/\\q?quad|\\[()[\],;! ]|\$/g, " ")
    .replace(/[a-zA-Z](?:_\{?\w+\}?)?\s*=\s*$/, "")
    .trim();
  if (plain === "" || plain === "," || plain === ";") return !text.includes("\n\n");
  return /^(?:[\w()]+\s+)*,?\s*(?:and|or)$/.test(plain) && plain.split(/\s+/).length <= mostWords;
};

/** The last found text, and those before it that belong to the same answer. */
const lastGroup = (text: string, found: readonly Found[]): string | undefined => {
  const parts: string[] = [];
  let next: Found | undefined;
  for (const each of found.toReversed()) {
    if (next !== undefined && !isConnector(text.slice(each.end, next.begin))) break;
    parts.unshift(each.content.trim());
    next = each;
  }
  return parts.length === 0 ? undefined : parts.join(", ");
};

/** A percent sign may stand behind the box. */
const boxed = (text: string): string | undefined => {
  const boxes = boxesIn(text);
  const answer = lastGroup(text, boxes);
  const after = text.slice(boxes.at(-1)?.end ?? text.length);
  return answer !== undefined && /^\s*\$?\s*(?:\\?%|percent|pct)/.test(after) ? `${answer}\\%` : answer;
};

/** More words than this outside of formulas are a sentence. */
const mostAnswerWords = 3;

const sentenceWords =
  /(?:^|[\s:])(?:so|the|is|are|it's|not|answer|answers?:|thus|hence|therefore|we|that)(?=[\s:\\$])/i;

const isSentence = (text: string): boolean => {
  const outside = text
    .replaceAll(/\\(?:text|mbox|textbf|mathrm|operatorname|textnormal)\s*\{[^{}]*\}/g, " ")
    .replaceAll(/\\[a-zA-Z]+/g, " ");
  if (sentenceWords.test(outside)) return true;
  return (
    (outside.match(/[a-zA-Z]{2,}/g) ?? []).filter((word) => !/^(?:and|or)$/.test(word)).length >
    mostAnswerWords
  );
};

const formulas =
  /\$\$([\s\S]{1,2000}?)\$\$|(?<!\\)\$([^$]{1,2000}?)(?<!\\)\$|\\\(([\s\S]{1,2000}?)\\\)|\\\[([\s\S]{1,2000}?)\\\]/g;

const lastFormula = (text: string): string | undefined => {
  const found = [...text.matchAll(formulas)].map(
    (match): Found => ({
      content: match.slice(1).find((group) => group !== undefined) ?? "",
      begin: match.index,
      end: match.index + match[0].length,
    }),
  );
  return lastGroup(text, found);
};

const numbers =
  /(?<![\w.])[-−]?[$£€]?(?:\d{1,3}(?:,(?:\\!\s*)?\d{3})+(?!\d)|\d+)?(?:[.,]?\d+)?(?:\s*\/\s*\d+)?(?:\s*(?:\\?%|percent|pct))?/g;

const lastNumber = (text: string): string | undefined =>
  [...text.matchAll(numbers)]
    .map(([number]) => number.replaceAll(/[$£€\s]|\\!/g, ""))
    .findLast((number) => /\d/.test(number));

/** What follows the last ordinary word: `So it is \frac{1}{9}`. */
const lastExpression = (text: string): string | undefined => {
  const expression =
    text
      .split(/(?<![\\a-zA-Z])[a-zA-Z’']{2,}[\s:]+/)
      .at(-1)
      ?.trim() ?? "";
  return /[\\\d]/.test(expression) && !isSentence(expression) ? expression : undefined;
};

const lastMatch = (text: string, pattern: RegExp): string | undefined =>
  [...text.matchAll(pattern)].at(-1)?.[1];

const announced =
  /(?:final answer|answer|ans(?:wer)?|réponse)\b(?:\s+(?:to|of)\b[^.:\n]{0,80}?)?\s*(?:is|are|est|:|=)+(?:\s+therefore)?[\s:*]*([^\n]{1,1000})/gi;

/** A formula after the last box that is called the final answer. */
const restated = (text: string): string | undefined => {
  const after = text.slice(text.lastIndexOf("\\boxed{"));
  return lastMatch(after, /final answer is:?\s*(\$[^$\n]+\$|\\\([^\n]+?\\\))/gi);
};

const bold = /\*\*([^*\n]{1,200})\*\*/g;

/** What a sentence says of its subject: `the largest $n$ is 34`. */
const predicate = (text: string): string | undefined => {
  const said = text.split(/\s(?:is|are|equals)\s+/);
  const last = said.at(-1) ?? "";
  return said.length > 1 && /\d|\$|\\/.test(last) ? last : undefined;
};

/** In a sentence or line: its formula, expression or number. */
const withinSentence = (text: string): string | undefined => {
  const said = predicate(text) ?? text;
  if (!isSentence(said) && !/\$|\\[([]/.test(said)) return said.replaceAll("**", "");
  return lastFormula(said) ?? lastExpression(said) ?? lastNumber(said);
};

/** A point before a space; an abbreviation ends a sentence as well. */
const sentencesOf = (text: string): string[] => text.split(/(?<=\S)\.\$*\s+/);

/** Undefined if nothing in the reply looks like an answer. */
export const finalAnswer = (reply: string): string | undefined => {
  const text = bodyOf(reply);
  const box = boxed(text);
  if (box !== undefined) return restated(text) ?? box;
  if (text.length <= 400 && !isSentence(text)) return lastGroupOrWhole(text);
  const said = lastMatch(text, announced);
  const announcement =
    said === undefined ? undefined : withinSentence((sentencesOf(said)[0] ?? "").replace(/[\s.]+$/, ""));
  if (announcement !== undefined && announcement !== "") return announcement;
  const emphasised = lastMatch(text, bold);
  const strong = emphasised === undefined ? undefined : withinSentence(emphasised);
  if (strong !== undefined && /\d|\\/.test(strong)) return strong;
  const line = text.split(LINE_ENDS).findLast((each) => /[\p{L}\p{N}]/u.test(each)) ?? "";
  const sentence = sentencesOf(line).at(-1) ?? "";
  const stated = withinSentence(sentence.replace(/[\s.]+$/, ""));
  return stated ?? lastFormula(text) ?? lastNumber(text) ?? (line.trim() || undefined);
};

/** An answer in formulas with text between them is those formulas. */
const lastGroupOrWhole = (text: string): string | undefined => {
  if (text === "") return undefined;
  return /[a-zA-Z]{2,}\s*(?:\$|\\[([])/.test(text.replaceAll(/\b(?:and|or)\b/g, ""))
    ? (lastFormula(text) ?? text)
    : text;
};

/** A letter in a box stands alone, or before the text of its choice: `B) 42`. */
const boxedLetter = (text: string): string | undefined =>
  boxesIn(text)
    .map(({ content }) => content.replaceAll(/\\(?:text|math)\w*\{([^{}]*)\}/g, "$1").trim())
    .map((content) => /^\(?([A-J])\s*(?:[).:]|$)/.exec(content)?.[1])
    .findLast((chosen) => chosen !== undefined);

const letter = String.raw`(?:\\text\{)?\(?([A-J])\)?\}?`;

/** What a letter is not a part of: a word, a formula. */
const apart = String.raw`(?![\w'’^/=-])`;

/** `option A is wrong`, `option B cannot be`: what is said of a letter that is not chosen, behind it and before it. */
const refused = String.raw`(?![\s)*}"”]*(?:(?:is|was|seems|can be|would be)\s+(?:\w+\s+)?(?:wrong|incorrect|false|impossible|invalid|excluded|eliminated|out|not)\b|cannot|(?:is|does|ca)n['’]t|does not|fails))`;
const unrefused = String.raw`(?<!\b(?:not|than|out|exclude|eliminate) (?:the )?)`;

/** What says more comes first. */
const letterPatterns = [
  new RegExp(
    String.raw`(?:answer|réponse|(?:correct|right|best) (?:choice|option))\b(?:\s+is|\s+est)?(?:\s+(?:for sure|definitely|clearly|therefore))?\s*:?(?:\s+(?:choice|option)\b)?[\s*"“$]*${letter}${apart}${refused}`,
    "gi",
  ),
  new RegExp(
    String.raw`\b(?:therefore|thus|hence|so),?\s+(?:it(?:'s| is)\s+)?(?:(?:choice|option)\s+)?${letter}(?=\s*(?:[.!]|$))`,
    "gim",
  ),
  new RegExp(
    String.raw`${unrefused}(?:choice|option)\b(?:\s+is)?\s*:?[\s*"“$]*${letter}${apart}${refused}`,
    "gi",
  ),
  new RegExp(String.raw`\*\*\s*${letter}\s*[.:]?\s*\*\*`, "g"),
  new RegExp(String.raw`\bit(?:'s| is)\s+${letter}(?![\w'’])`, "g"),
];

const leadingLetter = new RegExp(String.raw`^\s*[(*]*([A-J])${apart}(?!\s+[a-z]|\s*=)`);

/** The letter of a choice in capitals, A to J; a lower-case letter is a word. */
export const choiceIn = (reply: string): string | undefined => {
  const text = bodyOf(reply);
  const box = boxedLetter(text);
  if (box !== undefined) return box;
  for (const pattern of letterPatterns) {
    const found = [...text.matchAll(pattern)]
      .map(([, chosen]) => chosen)
      .findLast((each) => each === each?.toUpperCase());
    if (found !== undefined) return found;
  }
  const line = text.split(LINE_ENDS).findLast((each) => each.trim() !== "") ?? "";
  return leadingLetter.exec(line)?.[1];
};
