/** Whether a question copies a known problem: the same words, or thirteen consecutive ones. */
import { hashOf } from "../../machines/random.ts";
import type { Problem } from "../../runtime/task.ts";

const gramLength = 13;

/** Words and numbers in lower case; punctuation, spacing and markup are ignored. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

const gramsOf = (words: readonly string[]): string[] =>
  Array.from({ length: Math.max(0, words.length - gramLength + 1) }, (_, start) =>
    words.slice(start, start + gramLength).join(" "),
  );

/** A 53-bit hash. A hundred thousand problems have millions of grams; as texts they would fill the memory. */
const fingerprint = (gram: string): number => hashOf("high", gram) * 2 ** 21 + (hashOf("low", gram) >>> 11);

/** Operators count here: `2 + 3` and `2 * 3` are two questions. */
const normalForm = (text: string): string =>
  (text.toLowerCase().match(/[\p{L}\p{N}]+|[-+*/^=<>]/gu) ?? []).join(" ");

export class KnownProblems {
  readonly #forms = new Set<string>();
  readonly #grams = new Set<number>();
  /** Of confidential problems: they are not quoted. */
  readonly #hidden = new Set<number>();

  add(problems: readonly Problem[]): void {
    for (const { question, isConfidential } of problems) {
      this.#forms.add(normalForm(question));
      const grams = isConfidential ? this.#hidden : this.#grams;
      for (const gram of gramsOf(wordsOf(question))) grams.add(fingerprint(gram));
    }
  }

  /** Why the question must not be posed; undefined if it may. */
  flaw(question: string): string | undefined {
    if (this.#forms.has(normalForm(question))) return "contaminated: a reserved problem";
    const grams = gramsOf(wordsOf(question)).map((gram): [string, number] => [gram, fingerprint(gram)]);
    if (grams.some(([, print]) => this.#hidden.has(print)))
      return `contaminated: ${gramLength} words occur in a confidential problem`;
    const [copied] = grams.find(([, print]) => this.#grams.has(print)) ?? [];
    return copied === undefined ? undefined : `contaminated: "${copied}" occurs in a reserved problem`;
  }
}
