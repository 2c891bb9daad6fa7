/** TrueSkill through `ts-trueskill`, behind the referee's `Rater` port; imported when first needed: it is large. */
import type { Rater } from "../machines/referee.ts";
import type { Rating } from "../runtime/messages.ts";

/** Beyond this gap (in σ of the pair) a duel says nothing new, and the library's updates stop being finite. */
const extremeGap = 10;

const isSound = ({ mu, sigma }: Rating): boolean =>
  Number.isFinite(mu) && Number.isFinite(sigma) && sigma > 0;

export const loadTrueSkill = async (): Promise<Rater> => {
  const { Rating: Belief, TrueSkill } = await import("ts-trueskill");
  const system = new TrueSkill();
  const plain = ({ mu, sigma }: Rating): Rating => ({ mu, sigma });

  const rate = (better: Rating, worse: Rating, drawn: boolean): readonly [Rating, Rating] => {
    const gap = (better.mu - worse.mu) / Math.hypot(better.sigma, worse.sigma);
    if (Math.abs(gap) > extremeGap && (drawn ? false : gap > 0)) return [better, worse];
    try {
      const teams = [[new Belief(better.mu, better.sigma)], [new Belief(worse.mu, worse.sigma)]];
      const [first, second] = system.rate(teams, drawn ? [0, 0] : [0, 1]) as [[Rating], [Rating]];
      const after = [plain(first[0]), plain(second[0])] as const;
      return after.every(isSound) ? after : [better, worse];
    } catch {
      // The library throws where its approximation leaves the floating-point range: the belief stays.
      return [better, worse];
    }
  };

  return {
    initial: () => plain(system.createRating()),
    duel: (first, second, outcome) => {
      if (outcome !== "second") return rate(first, second, outcome === "draw");
      const [better, worse] = rate(second, first, false);
      return [worse, better];
    },
  };
};
