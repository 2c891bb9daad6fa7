/** Which verified solution of a question wins its vote. */
import type { Dossier, Duel } from "../../runtime/messages.ts";
import { pickOne } from "../random.ts";

/** Share of a solution's duels that it has won, a draw counting half, by Laplace's rule. */
const shareWon = (duels: readonly Duel[], solutionId: string): number => {
  const own = duels.filter(({ first, second }) => first === solutionId || second === solutionId);
  const won = own.map(({ first, outcome }) => {
    if (outcome === "draw") return 0.5;
    return (outcome === "first") === (first === solutionId) ? 1 : 0;
  });
  return (won.reduce<number>((sum, each) => sum + each, 0) + 0.5) / (own.length + 1);
};

/**
 * The largest share of duels won; among equals, and so where nobody voted, the lot decides: arrival says nothing of
 * quality. A lone verified solution wins unopposed.
 */
export const winnerOf = ({ question, verified, duels }: Dossier, seed: number): string | undefined => {
  const shares = new Map(verified.map((solutionId) => [solutionId, shareWon(duels, solutionId)] as const));
  const most = Math.max(...shares.values());
  const best = verified.filter((solutionId) => shares.get(solutionId) === most);
  return pickOne(best.toSorted(), seed, "winner", question);
};
