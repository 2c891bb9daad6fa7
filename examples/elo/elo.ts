/**
 * A rater of one's own: Elo in place of TrueSkill. A configuration names this file; see elo.yaml beside it.
 *
 * Elo keeps one number; the σ of the record is the most that one duel can move it.
 */
import type { Rater } from "../../machines/referee.ts";
import type { Rating } from "../../runtime/messages.ts";

const start = 1500;
/** Points that one duel moves at most. */
const most = 32;
/** Points at which the better one is expected to win ten times as often. */
const tenfold = 400;

/** Of the first against the second, a draw counting half. */
const expected = (first: Rating, second: Rating): number =>
  1 / (1 + 10 ** ((second.mu - first.mu) / tenfold));

const scores = { first: 1, draw: 0.5, second: 0 } as const;

export const rater: Rater = {
  initial: () => ({ mu: start, sigma: most }),
  duel: (first, second, outcome) => {
    const moved = most * (scores[outcome] - expected(first, second));
    return [
      { ...first, mu: first.mu + moved },
      { ...second, mu: second.mu - moved },
    ];
  },
};
