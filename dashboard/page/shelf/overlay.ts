/** One figure for several runs: a curve per group of runs, with a band over its seeds. */
import type { GrowthView } from "../../view.ts";
import { figuresOf } from "../growth/all-figures.ts";
import type { Curve, Figure } from "../growth/figure.ts";
import { accuracyCurve } from "../growth/figures.ts";
import { lookOf } from "../growth/look.ts";

export interface RunGroup {
  readonly label: string;
  readonly growths: readonly GrowthView[];
}

/** A curve of a figure, by their names. */
export interface Measure {
  readonly figure: string;
  readonly curve: string;
}

/** Of figures with one curve per model. */
export const meanOfModels = "mean of the models";

const isPerModel = (growth: GrowthView, { curves }: Figure): boolean =>
  curves.length > 0 && curves.every(({ label }) => growth.models.includes(label));

const curvesOf = (growth: GrowthView, figure: Figure): string[] => {
  const labels = figure.curves.map(({ label }) => label);
  return isPerModel(growth, figure) ? [meanOfModels, ...labels] : labels;
};

/** What can be drawn of any of these runs. */
export const measuresIn = (growths: readonly GrowthView[]): readonly Measure[] => {
  const found = growths.flatMap((growth) =>
    figuresOf(growth, {}).flatMap((figure) =>
      curvesOf(growth, figure).map((curve) => ({ figure: figure.title, curve })),
    ),
  );
  return [...new Map(found.map((measure) => [JSON.stringify(measure), measure])).values()].toSorted(
    (left, right) => order(found, left) - order(found, right),
  );
};

/** What shows whether the models have learned, if it was measured, or else the first one. */
export const firstMeasure = (
  measures: readonly Measure[],
  growths: readonly GrowthView[],
): Measure | undefined => {
  const isMeasured = growths.some(({ anchors }) => anchors.some(({ inForce }) => inForce));
  return (isMeasured ? measures.find(({ curve }) => curve === accuracyCurve) : undefined) ?? measures[0];
};

/** Curves of one figure stand together, in the order of the page. */
const order = (found: readonly Measure[], { figure, curve }: Measure): number =>
  1000 * found.findIndex((one) => one.figure === figure) +
  found.findIndex((one) => one.figure === figure && one.curve === curve);

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

const present = (values: readonly (number | null | undefined)[]): number[] =>
  values.filter((value) => value !== null && value !== undefined);

interface Drawn {
  readonly figure: Figure;
  /** Values by x. */
  readonly points: ReadonlyMap<number, number>;
}

const drawn = (growth: GrowthView, { figure: title, curve: label }: Measure): Drawn[] => {
  const figure = figuresOf(growth, {}).find((one) => one.title === title);
  if (figure === undefined) return [];
  const curves = label === meanOfModels ? figure.curves : figure.curves.filter((one) => one.label === label);
  const points = figure.x.values.flatMap((x, index): [number, number][] => {
    const value = mean(present(curves.map(({ values }) => values[index])));
    return value === null ? [] : [[x, value]];
  });
  return [{ figure, points: new Map(points) }];
};

const groupCurve = (label: string, index: number, runs: readonly Drawn[], xs: readonly number[]): Curve => {
  const at = xs.map((x) => present(runs.map(({ points }) => points.get(x))));
  const values = at.map((all) => mean(all));
  const curve = { label, look: lookOf(index), values };
  if (runs.length < 2) return curve;
  const edge = (of: (...values: number[]) => number) =>
    at.map((all) => (all.length === 0 ? null : of(...all)));
  return { ...curve, low: edge(Math.min), high: edge(Math.max) };
};

/** A model, and the mean of all, have a curve in several figures; others are told by their own name. */
const titleOf = ({ figure, curve }: Measure, groups: readonly RunGroup[]): string => {
  const isModel = groups.some(({ growths }) => growths.some(({ models }) => models.includes(curve)));
  return isModel || curve === meanOfModels ? `${figure}: ${curve}` : curve;
};

/** Undefined if no run has the measure. */
export const overlay = (groups: readonly RunGroup[], measure: Measure): Figure | undefined => {
  const all = groups.map(({ label, growths }) => ({
    label,
    runs: growths.flatMap((growth) => drawn(growth, measure)),
  }));
  const first = all.flatMap(({ runs }) => runs)[0]?.figure;
  if (first === undefined) return undefined;
  const every = all.flatMap(({ runs }) => runs.flatMap(({ points }) => [...points.keys()]));
  const xs = [...new Set(every)].toSorted((left, right) => left - right);
  const onRight = first.curves.find(({ label }) => label === measure.curve)?.axis === "right";
  return {
    title: titleOf(measure, groups),
    caption: "One curve per group; of several seeds their mean, with a band from the lowest to the highest.",
    x: { ...first.x, values: xs },
    left: onRight && first.right !== undefined ? first.right : first.left,
    curves: all.map(({ label, runs }, index) => groupCurve(label, index, runs, xs)),
  };
};
