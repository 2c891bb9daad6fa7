/** Draws the panels of a figure as SVG. Sizes are pixels; colours are classes that the surrounding style defines. */
import { deviation, mean } from "../../statistics/summary.ts";
import type { DotPanel, LinePanel, Point, Series } from "./figure.ts";
import { type Scale, scaleOf, tickText } from "./scale.ts";
import { element, label, pathOf } from "./svg.ts";

export const looks = 8;
const dashes = ["", "6 3", "2 3", "8 3 2 3"];

/** Colour and dash together identify a curve. */
export const classOf = (look: number): string => `s${(look % looks) + 1}`;
const dashOf = (look: number): string | undefined =>
  dashes[Math.floor(look / looks) % dashes.length] || undefined;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const xAt =
  ({ left, width }: Frame, scale: Scale) =>
  (value: number) =>
    left + width * scale.share(value);
const yAt =
  ({ top, height }: Frame, scale: Scale) =>
  (value: number) =>
    top + height * (1 - scale.share(value));

const xAxis = (frame: Frame, scale: Scale, title: string): string => {
  const { left, top, width, height } = frame;
  const bottom = top + height;
  const at = xAt(frame, scale);
  return [
    element("line", { x1: left, x2: left + width, y1: bottom, y2: bottom, class: "axis" }),
    ...scale.ticks.map((tick) =>
      label(tickText(tick), at(tick), bottom + 16, { "text-anchor": "middle", class: "tick" }),
    ),
    label(title, left + width / 2, bottom + 34, { "text-anchor": "middle", class: "name" }),
  ].join("");
};

const yAxis = (frame: Frame, scale: Scale, title: string): string => {
  const { left, width, top, height } = frame;
  const at = yAt(frame, scale);
  const middle = top + height / 2;
  return [
    ...scale.ticks.flatMap((tick) => [
      element("line", { x1: left, x2: left + width, y1: at(tick), y2: at(tick), class: "grid" }),
      label(tickText(tick), left - 6, at(tick) + 4, { "text-anchor": "end", class: "tick" }),
    ]),
    label(title, left - 40, middle, {
      "text-anchor": "middle",
      transform: `rotate(-90 ${left - 40} ${middle})`,
      class: "name",
    }),
  ].join("");
};

const band = (
  points: readonly Point[],
  x: (value: number) => number,
  y: (value: number) => number,
): string => {
  const wide = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  if (wide.length < 2) return "";
  const upper = wide.map((point) => ({ x: x(point.x), y: y(point.high ?? point.y) }));
  const lower = wide.map((point) => ({ x: x(point.x), y: y(point.low ?? point.y) }));
  return element("path", { d: `${pathOf([...upper, ...lower.toReversed()])}Z`, class: "band" });
};

const starShape = (x: number, y: number): string => {
  const corners = Array.from({ length: 10 }, (_, index) => {
    const [angle, radius] = [(Math.PI * index) / 5 - Math.PI / 2, index % 2 === 0 ? 6 : 2.6];
    return { x: x + radius * Math.cos(angle), y: y + radius * Math.sin(angle) };
  });
  return element("path", { d: `${pathOf(corners)}Z`, class: "star" });
};

const curve = (
  { points, look, stars = [] }: Series,
  x: (value: number) => number,
  y: (value: number) => number,
): string => {
  const places = points.map((point) => ({ x: x(point.x), y: y(point.y) }));
  const line =
    places.length < 2
      ? ""
      : element("path", { d: pathOf(places), class: "line", "stroke-dasharray": dashOf(look) });
  const dots =
    places.length > 12
      ? []
      : places.map((place) => element("circle", { cx: place.x, cy: place.y, r: 2.5, class: "dot" }));
  const marks = stars.map((star) => starShape(x(star.x), y(star.y)));
  return element("g", { class: classOf(look) }, [band(points, x, y), line, ...dots, ...marks].join(""));
};

const valuesOf = ({ series }: LinePanel): number[] =>
  series.flatMap(({ points }) => points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]));

export const linePanel = (panel: LinePanel, { width, height }: Size): string => {
  const frame = { left: 56, top: 26, width: width - 70, height: height - 72 };
  const xs = scaleOf(
    panel.series.flatMap(({ points }) => points.map(({ x }) => x)),
    1,
  );
  const ys = scaleOf(valuesOf(panel));
  const [x, y] = [xAt(frame, xs), yAt(frame, ys)];
  return [
    label(panel.title, frame.left, 15, { class: "title" }),
    yAxis(frame, ys, panel.yLabel),
    xAxis(frame, xs, panel.xLabel),
    ...panel.series.map((series) => curve(series, x, y)),
  ].join("");
};

/** Height of one row of dots. */
const rowHeight = 24;

export const dotPanelHeight = ({ rows }: DotPanel): number => rows.length * rowHeight + 72;

const dotRow = (values: readonly number[], look: number, x: (value: number) => number, y: number): string => {
  const [middle, sd] = [mean(values), deviation(values)];
  const spread =
    sd === undefined
      ? ""
      : element("line", { x1: x(middle - sd), x2: x(middle + sd), y1: y, y2: y, class: "spread" });
  const dots = values.map((value) => element("circle", { cx: x(value), cy: y, r: 3, class: "seed" }));
  const line = element("line", { x1: x(middle), x2: x(middle), y1: y - 8, y2: y + 8, class: "mean" });
  return element("g", { class: classOf(look) }, [spread, ...dots, line].join(""));
};

export const dotPanel = (panel: DotPanel, { width }: Size): string => {
  const longest = Math.max(...panel.rows.map(({ name }) => name.length), 4);
  const left = Math.min(180, 20 + 7 * longest);
  const frame = { left, top: 26, width: width - left - 20, height: panel.rows.length * rowHeight };
  const filled = panel.rows.filter(({ values }) => values.length > 0);
  const bounds = filled.flatMap(({ values }) => {
    const [middle, sd = 0] = [mean(values), deviation(values)];
    return [...values, middle - sd, middle + sd];
  });
  const scale = scaleOf(bounds);
  const x = xAt(frame, scale);
  return [
    label(panel.title, 0, 15, { class: "title" }),
    ...scale.ticks.map((tick) =>
      element("line", {
        x1: x(tick),
        x2: x(tick),
        y1: frame.top,
        y2: frame.top + frame.height,
        class: "grid",
      }),
    ),
    xAxis(frame, scale, panel.xLabel),
    ...filled.flatMap(({ name, look, values }, index) => {
      const y = frame.top + (index + 0.5) * rowHeight;
      return [
        label(name.slice(0, 24), left - 8, y + 4, { "text-anchor": "end", class: "tick" }),
        dotRow(values, look, x, y),
      ];
    }),
  ].join("");
};
