/** Raters behind the referee's port: TrueSkill through `ts-trueskill`, which is large, or one of the user's own. */
import type { Rater } from "../machines/referee.ts";
import type { Config } from "../runtime/config/config.ts";
import type { Rating } from "../runtime/messages.ts";
import { plugIn, type Socket } from "../runtime/plugin/socket.ts";

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

const socket: Socket<Rater> = {
  name: "rater",
  type: "Rater",
  members: { initial: "function", duel: "function" },
  known: { trueskill: loadTrueSkill },
};

/** @throws PluginError */
export const raterOf = (config: Config): Promise<Rater> =>
  plugIn(socket, config.rater, { key: "rater", config });
