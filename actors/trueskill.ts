/**
 * TrueSkill for duels (Herbrich, Minka and Graepel, 2006): between two players the factor graph has a closed form.
 * `trueskill.test.ts` holds it against the general algorithm of the library `ts-trueskill`.
 */
import { Gaussian } from "ts-gaussian";
import type { Rater } from "../machines/referee.ts";
import type { Rating } from "../runtime/messages.ts";

const initial: Rating = { mu: 25, sigma: 25 / 3 };
/** Standard deviation of a player's performance around the skill. */
const beta = initial.sigma / 2;
/** Standard deviation that a skill gains before every duel. */
const tau = initial.sigma / 100;
const drawProbability = 0.1;

const normal = new Gaussian(0, 1);
/** Performances that are closer than this draw. */
const drawMargin = normal.ppf((drawProbability + 1) / 2) * Math.SQRT2 * beta;

/** How far a duel moves the means, and by which share it shrinks the variances; both before scaling. */
interface Correction {
  readonly v: number;
  readonly w: number;
}

/** `lead`: how far the winner was ahead, `margin`: the draw margin; both in standard deviations of the difference. */
const afterWin = (lead: number, margin: number): Correction => {
  const surplus = lead - margin;
  const chance = normal.cdf(surplus);
  const v = chance === 0 ? -surplus : normal.pdf(surplus) / chance;
  return { v, w: v * (v + surplus) };
};

const afterDraw = (lead: number, margin: number): Correction => {
  const [upper, lower] = [margin - Math.abs(lead), -margin - Math.abs(lead)];
  const chance = normal.cdf(upper) - normal.cdf(lower);
  const v = (normal.pdf(lower) - normal.pdf(upper)) / chance;
  const w = v ** 2 + (upper * normal.pdf(upper) - lower * normal.pdf(lower)) / chance;
  return { v: lead < 0 ? -v : v, w };
};

/** Beyond the floating-point range of the correction a duel says nothing new: both beliefs stay. */
const isSound = ({ v, w }: Correction): boolean => Number.isFinite(v) && w > 0 && w < 1;

const rate = (better: Rating, worse: Rating, correct: typeof afterWin): readonly [Rating, Rating] => {
  const [first, second] = [better.sigma ** 2 + tau ** 2, worse.sigma ** 2 + tau ** 2];
  const variance = first + second + 2 * beta ** 2;
  const deviation = Math.sqrt(variance);
  const correction = correct((better.mu - worse.mu) / deviation, drawMargin / deviation);
  if (!isSound(correction)) return [better, worse];
  const { v, w } = correction;
  const sigmaOf = (own: number): number => Math.sqrt(own * (1 - (own / variance) * w));
  return [
    { mu: better.mu + (first / deviation) * v, sigma: sigmaOf(first) },
    { mu: worse.mu - (second / deviation) * v, sigma: sigmaOf(second) },
  ];
};

export const trueSkill: Rater = {
  initial: () => ({ ...initial }),
  duel: (first, second, outcome) => {
    if (outcome !== "second") return rate(first, second, outcome === "draw" ? afterDraw : afterWin);
    const [better, worse] = rate(second, first, afterWin);
    return [worse, better];
  },
};
