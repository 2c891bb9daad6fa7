/** The figures of the growth page; figure numbers in captions refer to the paper. */
import type { AnchorPoint, GrowthView, RoundPoint } from "../../view.ts";
import { count, decimal, percent } from "../format.ts";
import type { Axis, Curve, Figure, Star } from "./figure.ts";
import { type Look, lookOf } from "./look.ts";

type Rounds = readonly RoundPoint[];

const share = (label: string): Axis => ({
  label: `${label} [%]`,
  format: (value) => percent(value),
  range: [0, 1],
});

const xOf = (rounds: Rounds): Figure["x"] => ({
  label: "round",
  values: rounds.map(({ round }) => round),
  format: count,
});

const curve = (
  label: string,
  look: Look,
  values: readonly (number | null | undefined)[],
  extra: Partial<Curve> = {},
): Curve => ({ label, look, values: values.map((value) => value ?? null), ...extra });

/** Most models with a curve of their own. */
const maximumModels = 24;

const drawnModels = ({ models }: GrowthView): readonly string[] => models.slice(0, maximumModels);

/** Empty if each model has a curve. */
const drawnText = ({ models }: GrowthView): string =>
  models.length > maximumModels ? ` The first ${maximumModels} of ${count(models.length)} models.` : "";

const starsOf = ({ switches }: GrowthView): Star[] =>
  switches.map(({ round, after }) => ({ x: round, label: `round ${round}: ${after}` }));

/**
 * Mean zero-shot accuracy of the models, each with its newest weights in use, in the rounds in which one was measured.
 */
export const anchorByRound = (anchors: readonly AnchorPoint[], rounds: Rounds): (number | null)[] => {
  const inForce = anchors.filter(({ inForce }) => inForce);
  return rounds.map(({ round }) => {
    if (!inForce.some((point) => point.round === round)) return null;
    const newest = new Map(
      inForce
        .filter((point) => point.round <= round)
        .map(({ model, zeroShot }): [string, number] => [model, zeroShot]),
    );
    return [...newest.values()].reduce((sum, value) => sum + value, 0) / newest.size;
  });
};

/** Name of the curve that shows whether the models have learned. */
export const accuracyCurve = "accuracy (anchor)";

/** Bounds of the difficulty, from the configuration. */
export interface DifficultyBounds {
  readonly difficultyMin?: number | undefined;
  readonly difficultyMax?: number | undefined;
}

/** Says where Eq. 1 asked for more or less than the bounds allow. */
export const clampText = (rounds: Rounds, { difficultyMin, difficultyMax }: DifficultyBounds): string => {
  const heldAt = (bound: number | undefined): number =>
    bound === undefined ? 0 : rounds.filter(({ difficulty }) => Math.abs(difficulty - bound) < 1e-9).length;
  const [low, high] = [heldAt(difficultyMin), heldAt(difficultyMax)];
  const told = [
    low === 0 ? "" : `at its minimum ${difficultyMin} in ${count(low)} of ${count(rounds.length)} rounds`,
    high === 0 ? "" : `at its maximum ${difficultyMax} in ${count(high)} of ${count(rounds.length)} rounds`,
  ].filter(Boolean);
  return told.length === 0 ? "" : ` The difficulty was clamped: ${told.join(", ")}.`;
};

export const passRateFigure = (growth: GrowthView, bounds: DifficultyBounds = {}): Figure => {
  const { rounds, anchors } = growth;
  return {
    title: "Verified share, target and accuracy; difficulty",
    caption: `Verified share of the solutions (the pass rate V), the curriculum's target, and accuracy on the anchor's problems where measured (Fig. 3, Eq. 1).${clampText(rounds, bounds)}`,
    x: xOf(rounds),
    left: share("share of solutions"),
    right: { label: "difficulty d", format: (value) => decimal(value, 1) },
    curves: [
      curve(
        "verified share V",
        lookOf(0),
        rounds.map(({ passRate }) => passRate),
      ),
      curve(
        "target",
        lookOf(1),
        rounds.map(({ target }) => target),
      ),
      curve(accuracyCurve, lookOf(2), anchorByRound(anchors, rounds)),
      curve(
        "difficulty",
        lookOf(3),
        rounds.map(({ difficulty }) => difficulty),
        { axis: "right", kind: "steps" },
      ),
    ],
    stars: starsOf(growth),
  };
};

export const lengthFigure = ({ rounds }: GrowthView): Figure => ({
  title: "Response length",
  caption: "Mean length of a solution (Fig. 3).",
  x: xOf(rounds),
  left: { label: "characters", format: count },
  curves: [
    curve(
      "mean length",
      lookOf(4),
      rounds.map(({ responseLength }) => responseLength),
    ),
  ],
});

export const verifiedFigure = (growth: GrowthView): Figure => ({
  title: "Verified share per model",
  caption: `Verified share of each model's solutions; a star marks a switch of strategy (Fig. 1).${drawnText(growth)}`,
  x: xOf(growth.rounds),
  left: share("verified solutions"),
  curves: drawnModels(growth).map((model, index) =>
    curve(
      model,
      lookOf(index),
      growth.rounds.map(({ accuracy }) => accuracy[model]),
    ),
  ),
  stars: starsOf(growth),
});

/** Readings of weights that were in use are curves; candidates that the gate rejected are marks. */
export const anchorFigure = (growth: GrowthView): Figure => {
  const { anchors } = growth;
  const rounds = [...new Set(anchors.map(({ round }) => round))].toSorted((a, b) => a - b);
  const reading = (model: string) =>
    rounds.map(
      (round) =>
        anchors.findLast((point) => point.model === model && point.round === round && point.inForce)
          ?.zeroShot,
    );
  const rejected = anchors.filter(({ inForce }) => !inForce);
  return {
    title: "Accuracy per model (external anchor)",
    caption: `Zero-shot accuracy on external problems, of weights in use; ✗ marks candidates that were not published.${drawnText(growth)}`,
    x: { label: "round", values: rounds, format: count },
    left: share("right answers"),
    curves: drawnModels(growth).map((model, index) => curve(model, lookOf(index), reading(model))),
    marks: rejected.map(({ round, zeroShot, model, adapter }) => ({
      ...{ x: round, y: zeroShot },
      label: `round ${round}: ${model}@v${adapter} ${percent(zeroShot)}`,
    })),
  };
};

export const yieldFigure = ({ rounds }: GrowthView): Figure => ({
  title: "Yield per round",
  caption: "High-quality samples admitted to the buffer, and questions settled (Fig. 4).",
  x: xOf(rounds),
  left: { label: "samples, questions", format: count },
  curves: [
    curve(
      "samples admitted",
      lookOf(0),
      rounds.map(({ admitted }) => admitted),
      { kind: "bars" },
    ),
    curve(
      "questions settled",
      lookOf(1),
      rounds.map(({ settled }) => settled),
    ),
    curve(
      "questions discarded",
      lookOf(2),
      rounds.map(({ voided }) => voided),
    ),
  ],
});

export const fillingFigure = ({ fillings }: GrowthView): Figure => ({
  title: "Time to fill the buffer",
  caption: "Time from the first admitted sample to a full buffer, including time while jobs train (Fig. 4).",
  x: { label: "generation", values: fillings.map(({ generation }) => generation), format: count },
  left: { label: "time [s]", format: (value) => decimal(value, Number.isInteger(value) ? 0 : 1) },
  curves: [
    curve(
      "time to fill",
      lookOf(5),
      fillings.map(({ seconds }) => seconds),
      { kind: "bars" },
    ),
  ],
});

export const ratingFigure = (growth: GrowthView): Figure => ({
  title: "Ratings",
  caption: `Estimated skill of each member: μ with a band of ±1 σ.${drawnText(growth)}`,
  x: { label: "round", values: growth.ratings.map(({ round }) => round), format: count },
  left: { label: "rating μ ± σ", format: (value) => decimal(value, 1) },
  curves: drawnModels(growth).map((model, index) =>
    curve(
      model,
      lookOf(index),
      growth.ratings.map((point) => point.ratings[model]?.mu),
      {
        low: growth.ratings.map((point) => lowOf(point.ratings[model])),
        high: growth.ratings.map((point) => highOf(point.ratings[model])),
      },
    ),
  ),
});

type Belief = { readonly mu: number; readonly sigma: number } | undefined;
const lowOf = (rating: Belief): number | null => (rating === undefined ? null : rating.mu - rating.sigma);
const highOf = (rating: Belief): number | null => (rating === undefined ? null : rating.mu + rating.sigma);

export const precisionFigure = ({ rounds }: GrowthView): Figure => ({
  title: "Precision of the consensus",
  caption: "Share of correct solutions among the verified ones and among all, if the task has ground truth.",
  x: xOf(rounds),
  left: share("correct"),
  curves: [
    curve(
      "verified solutions",
      lookOf(0),
      rounds.map(({ precision }) => precision),
    ),
    curve(
      "all solutions",
      lookOf(1),
      rounds.map(({ raw }) => raw),
    ),
  ],
});

/** @param threshold F_t above which the supervisor reconsiders the strategy (`surpriseThreshold`) */
export const surpriseFigure = (growth: GrowthView, threshold: number | undefined): Figure => ({
  title: "Internal surprise F",
  caption:
    "Drop of the pass rate from its recent peak; above the threshold the supervisor reconsiders the strategy (Eq. 2).",
  x: xOf(growth.rounds),
  left: { label: "surprise F", format: (value) => decimal(value, 3) },
  curves: [
    curve(
      "surprise",
      lookOf(5),
      growth.rounds.map(({ surprise }) => surprise),
    ),
    ...(threshold === undefined
      ? []
      : [
          curve(
            "threshold",
            lookOf(1),
            growth.rounds.map(() => threshold),
          ),
        ]),
  ],
  stars: starsOf(growth),
});
