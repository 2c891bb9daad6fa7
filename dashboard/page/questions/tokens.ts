/** Token counts of model calls, as far as messages report them. */
import type { Tokens } from "../../../runtime/messages.ts";
import { count } from "../format.ts";

interface Costly {
  readonly tokens?: Tokens | undefined;
}

/** Undefined if no item has a token count. */
export const sumOfTokens = (items: readonly Costly[]): Tokens | undefined =>
  items.reduce<Tokens | undefined>(
    (sum, { tokens }) =>
      tokens === undefined
        ? sum
        : {
            prompt: (sum?.prompt ?? 0) + tokens.prompt,
            completion: (sum?.completion ?? 0) + tokens.completion,
          },
    undefined,
  );

export const tokensText = (tokens: Tokens | undefined): string =>
  tokens === undefined
    ? ""
    : `${count(tokens.prompt)} prompt tokens, ${count(tokens.completion)} completion tokens`;
