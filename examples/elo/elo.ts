/**
 * A custom rater: Elo in place of TrueSkill. elo.yaml names this file.
 *
 * Elo has one number per author; σ is the largest change by one duel.
 */
import type { Rater } from "../../machines/referee.ts";
import type { Rating } from "../../runtime/messages.ts";

const start = 1500;
/** Largest change by one duel [points]. */
const most = 32;
/** Difference at which the better one is expected to win ten times as often [points]. */
const tenfold = 400;

/** Expected score of the first against the second; a draw counts half. */
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
