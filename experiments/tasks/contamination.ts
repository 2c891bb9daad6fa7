/** Whether a question copies a known problem: the whole of a short one, or thirteen consecutive words of any. */
import { hashOf } from "../../machines/random.ts";
import type { Problem } from "../../runtime/task.ts";

const gramLength = 13;

/** Words and operators that a problem without a gram needs to be recognised between other words. */
const fewestTokens = 5;

/** Words and numbers in lower case; punctuation, spacing and markup are ignored. */
const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

const gramsOf = (words: readonly string[]): string[] =>
  Array.from({ length: Math.max(0, words.length - gramLength + 1) }, (_, start) =>
    words.slice(start, start + gramLength).join(" "),
  );

/** A 53-bit hash. A hundred thousand problems have millions of grams; as texts they would fill the memory. */
const fingerprint = (gram: string): number => hashOf("high", gram) * 2 ** 21 + (hashOf("low", gram) >>> 11);

/** Operators count here: `2 + 3` and `2 * 3` are two questions. */
const tokensOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+|[-+*/^=<>]/gu) ?? [];

/** The spaces around it keep `2 + 3` from occurring in `12 + 3`. */
const normalForm = (tokens: readonly string[]): string => ` ${tokens.join(" ")} `;

export class KnownProblems {
  readonly #forms = new Set<string>();
  /** Those that a question may not contain. */
  readonly #short: string[] = [];
  readonly #grams = new Set<number>();
  /** Of confidential problems: they are not quoted. */
  readonly #hidden = new Set<number>();

  add(problems: readonly Problem[]): void {
    for (const { question, isConfidential } of problems) {
      const [tokens, grams] = [tokensOf(question), gramsOf(wordsOf(question))];
      this.#forms.add(normalForm(tokens));
      if (grams.length === 0 && tokens.length >= fewestTokens) this.#short.push(normalForm(tokens));
      const prints = isConfidential ? this.#hidden : this.#grams;
      for (const gram of grams) prints.add(fingerprint(gram));
    }
  }

  /** Why the question must not be posed; undefined if it may. */
  flaw(question: string): string | undefined {
    const form = normalForm(tokensOf(question));
    if (this.#forms.has(form) || this.#short.some((whole) => form.includes(whole)))
      return "contaminated: a reserved problem";
    const grams = gramsOf(wordsOf(question)).map((gram): [string, number] => [gram, fingerprint(gram)]);
    if (grams.some(([, print]) => this.#hidden.has(print)))
      return `contaminated: ${gramLength} words occur in a confidential problem`;
    const [copied] = grams.find(([, print]) => this.#grams.has(print)) ?? [];
    return copied === undefined ? undefined : `contaminated: "${copied}" occurs in a reserved problem`;
  }
}
