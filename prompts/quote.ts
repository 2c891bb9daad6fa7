/**
 * Quotes the text of another model as data in a prompt. The text is hostile:
 *
 * 1. It is enclosed in two tags that occur nowhere else in the prompt: their number is a hash of the question, and
 *    another hash is taken while a text contains the number, so it is of no use to know or guess it. All prompts
 *    about one question have the same number: they share their beginning, and a server with a prefix cache computes
 *    it once.
 * 2. Nothing in it looks like a tag or a token of a chat template: a space follows every bracket that could open one.
 * 3. It has no invisible characters, none that change the direction of writing and no unusual line ends.
 * 4. No line in it is a conclusion for a parser of the pack or begins like a speaker's turn, so an echo of it decides
 *    nothing.
 * 5. The same values give the same quotation, so prompts can be rebuilt, also for training.
 */
import { createHash } from "node:crypto";
import { LINE_ENDS } from "./reading.ts";

export interface QuoteOptions {
  /** Variables that other models fill. */
  readonly variables: readonly string[];
  /** By variable, the name of its tag if that is not its own. */
  readonly tags: Readonly<Record<string, string>>;
  /** A longer text loses its middle [characters]. */
  readonly longest: number;
  /** Whether a parser would read the line as the model's own conclusion. */
  readonly concludes: (line: string) => boolean;
}

type Values = Readonly<Record<string, string>>;

/** The values with those of the quoted variables as data. An empty one stays empty. */
export const quoteVariables = (values: Values, options: QuoteOptions): Values => {
  const isData = (variable: string) => options.variables.includes(variable) && values[variable] !== "";
  const tame = Object.entries(values).map(([variable, text]): [string, string] =>
    isData(variable) ? [variable, harmless(text, options)] : [variable, text],
  );
  const number = numberFor(
    values.question ?? "",
    tame.map(([, text]) => text),
  );
  return Object.fromEntries(
    tame.map(([variable, text]) =>
      isData(variable)
        ? [variable, fenced(options.tags[variable] ?? variable, number, text)]
        : [variable, text],
    ),
  );
};

const fenced = (tag: string, number: string, text: string): string =>
  `<${tag}-${number}>\n${text}\n</${tag}-${number}>`;

/** A number that none of the texts contains. */
const numberFor = (question: string, texts: readonly string[]): string => {
  for (let draw = 0; ; draw++) {
    const digest = createHash("sha256").update(JSON.stringify([draw, question]));
    const number = digest.digest("hex").slice(0, 8);
    if (!texts.some((text) => text.includes(number))) return number;
  }
};

/** Controls, format characters (zero width, bidirectional, tags), private use, lone surrogates; then fillers. */
const UNSEEN = /\p{Cc}|\p{Cf}|\p{Co}|\p{Cs}|\p{Variation_Selector}|[\u115f\u1160\u3164\uffa0\u2800]/gu;

/** `<think>`, `</s>`, `<|im_start|>`, `<<SYS>>`, also in full width: what follows the bracket no longer touches it. */
const OPENS_TAG = /([<\uff1c\ufe64\u2039\u3008\u27e8])(?=[^\s\d=])/gu;
/** `[INST]`, `[/INST]`, `[TOOL_CALLS]` */
const OPENS_TOKEN = /\[(?=\/?[A-Z][A-Z_]*\])/g;
/** `Assistant:`, `### User:` */
const TURN =
  /^([^\p{L}\p{N}]{0,20})(system|developer|user|human|assistant|ai|bot|model|tool|function|instructions?|response)([*_\s]{0,4}[:\uff1a])/iu;

const harmless = (text: string, { longest, concludes }: QuoteOptions): string => {
  const seen = shortened(text, longest)
    .split(LINE_ENDS)
    .map((line) => line.replaceAll("\t", "  ").replaceAll(UNSEEN, ""));
  return seen
    .map((line) => line.replaceAll(OPENS_TAG, "$1 ").replaceAll(OPENS_TOKEN, "[ "))
    .map((line) => line.replace(TURN, "$1“$2”$3"))
    .map((line) => (concludes(line) ? `(quoted) ${line}` : line))
    .join("\n");
};

const shortened = (text: string, longest: number): string => {
  if (text.length <= longest) return text;
  const half = Math.floor(longest / 2);
  const left = text.length - 2 * half;
  return `${text.slice(0, half)}\n[… ${left} characters are left out …]\n${text.slice(-half)}`;
};
