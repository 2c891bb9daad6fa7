import type { ParserDefinitions, Patterns } from "./definition.ts";
import { PackError } from "./error.ts";
import { lastBraces, lastLine } from "./reading.ts";

/**
 * What models write is hostile text. Parsers therefore
 * 1. never throw and never read more than the last `LONGEST_TEXT` characters;
 * 2. take the last match, so that a quotation of the prompt does not win over the conclusion;
 * 3. return undefined if they find nothing or an unknown word.
 */
export interface Parsers {
  /** The answer of a solution: group 1 of the last match, white space squeezed. */
  answer(text: string): string | undefined;
  verdict(text: string): "accept" | "refuse" | undefined;
  ballot(text: string): "first" | "second" | undefined;
  /** A self-explanation that may be shown to other models. Undefined if malformed. */
  explanation(text: string): string | undefined;
  /** The normal form of a posed question. Undefined if malformed. */
  question(text: string): string | undefined;
}

export const LONGEST_TEXT = 20_000;

/** Throws `PackError` (`pack.pattern`) on a pattern that does not compile or has no group. */
export const compileParsers = (definitions: ParserDefinitions, file: string): Parsers => {
  const { verdict, ballot } = definitions;
  const { braces, ...answers } = definitions.answer;
  const answer = compile(answers, file, "answer");
  const question = compile(definitions.question, file, "question");
  const explanation = compile(definitions.explanation, file, "explanation");
  const findVerdict = compile(verdict, file, "verdict");
  const findBallot = compile(ballot, file, "ballot");
  return {
    answer: (text) => boxed(text, braces) ?? answer(text),
    verdict: (text) => choose(findVerdict(text), { accept: verdict.accept, refuse: verdict.refuse }),
    ballot: (text) => choose(findBallot(text), { first: ballot.first, second: ballot.second }),
    explanation: (text) => (text.length > LONGEST_TEXT ? undefined : explanation(text)),
    question: (text) => (text.length > LONGEST_TEXT ? undefined : question(text)),
  };
};

type Find = (text: string) => string | undefined;

/** Undefined if only white space was found. */
const squeezed = (found: string | undefined): string | undefined =>
  found?.replaceAll(/\s+/g, " ").trim() || undefined;

const boxed = (text: string, command: string | undefined): string | undefined =>
  command === undefined ? undefined : squeezed(lastBraces(text.slice(-LONGEST_TEXT), command));

/** Group 1 of the last match. */
const lastGroup = (text: string, pattern: RegExp): string | undefined => {
  let last: string | undefined;
  for (const match of text.matchAll(pattern)) last = match[1];
  return last;
};

const compile = ({ patterns, flags, where }: Patterns, file: string, parser: string): Find => {
  const expressions = patterns.map((source) => expression(source, flags, file, parser));
  return (text) => {
    const tail = text.slice(-LONGEST_TEXT);
    const read = where === "last line" ? lastLine(tail) : tail;
    for (const one of expressions) {
      const found = squeezed(lastGroup(read, one));
      if (found !== undefined) return found;
    }
    return undefined;
  };
};

const expression = (source: string, flags: string, file: string, parser: string): RegExp => {
  const problem = `pattern ${JSON.stringify(source)} of parser "${parser}"`;
  try {
    const groups = new RegExp(`${source}|`, flags).exec("")?.length ?? 0;
    if (groups >= 2) return new RegExp(source, `g${flags}`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PackError("pack.pattern", file, `${problem} does not compile (${reason})`, "correct it", {
      cause,
    });
  }
  throw new PackError("pack.pattern", file, `${problem} has no group`, "put what it finds in round brackets");
};

const choose = <Choice extends string>(
  found: string | undefined,
  choices: Readonly<Record<Choice, readonly string[]>>,
): Choice | undefined => {
  const word = found?.toLowerCase();
  const names = Object.keys(choices) as Choice[];
  return names.find((name) => choices[name].some((known) => known.toLowerCase() === word));
};
