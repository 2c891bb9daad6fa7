/** What calls took, as far as messages tell. */
import type { Tokens } from "../../../runtime/messages.ts";
import { count } from "../format.ts";

interface Costly {
  readonly tokens?: Tokens | undefined;
}

/** Undefined where nothing is known of any. */
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
  tokens === undefined ? "" : `${count(tokens.prompt)} tokens read, ${count(tokens.completion)} written`;
