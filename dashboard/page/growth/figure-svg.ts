/** A figure as an SVG file: axes, curves with bands and markers, stars, marks and a legend. */
import { shapePath } from "../flow/shape.ts";
import { type Axis, type Curve, type Figure, tickNames } from "./figure.ts";

export type ColourOf = (token: string) => string;

export interface Window {
  readonly from: number;
  readonly to: number;
}

const [width, height] = [960, 480];
const area = { left: 72, right: width - 72, top: 92, bottom: height - 56 };

/** [characters] */
const captionLength = 140;

/** Without characters that XML forbids. */
const escaped = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression searches for control characters
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/g, "")
    .replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The first sentence, as far as it fits. */
const shortened = (caption: string): string => {
  const [first = ""] = caption.split(/(?<=\.)\s/, 1);
  return first.length <= captionLength ? first : `${first.slice(0, captionLength)}…`;
};

type Scale = (value: number) => number;

const scale = (low: number, high: number, from: number, to: number): Scale => {
  const span = high - low || 1;
  return (value) => from + ((value - low) / span) * (to - from);
};

/** Steps of 1, 2 or 5 times a power of ten, about five of them. */
export const ticksOf = (low: number, high: number): number[] => {
  const rough = (high - low || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? power;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.max(0, Math.floor(high / step + 1e-9) - first + 1);
  return Array.from({ length: count }, (_, index) => (first + index) * step);
};

const present = (curves: readonly Curve[]): number[] =>
  curves.flatMap(({ values, low = [], high = [] }) =>
    [...values, ...low, ...high].filter((value) => value !== null),
  );

const boundsOf = ({ range }: Axis, curves: readonly Curve[]): readonly [number, number] => {
  if (range !== undefined) return range;
  const values = present(curves);
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.08 * (high - low || Math.abs(high) || 1);
  const isFromZero = curves.some(({ kind }) => kind === "bars") || (low >= 0 && low < room);
  return [isFromZero ? Math.min(0, low) : low - room, high + room];
};

const text = (x: number, y: number, content: string, more: string): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(content)}</text>`;

type Point = readonly [x: number, y: number];

const lineOf = (points: readonly Point[]): string =>
  points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

const stepsOf = (points: readonly Point[]): string =>
  points
    .map(([x, y], index) =>
      index === 0 ? `M${x.toFixed(1)} ${y.toFixed(1)}` : `H${x.toFixed(1)}V${y.toFixed(1)}`,
    )
    .join("");

interface Drawing {
  readonly figure: Figure;
  readonly colourOf: ColourOf;
  readonly x: Scale;
  readonly yOf: (curve: Curve) => Scale;
  /** Whether an x is within the drawn part. */
  readonly isShown: (x: number) => boolean;
}

const pointsOf = ({ figure, x, yOf, isShown }: Drawing, curve: Curve, values: Curve["values"]): Point[] =>
  figure.x.values.flatMap((at, index): Point[] => {
    const value = values[index] ?? null;
    return value === null || !isShown(at) ? [] : [[x(at), yOf(curve)(value)]];
  });

const bandOf = (drawing: Drawing, curve: Curve, colour: string): string => {
  if (curve.low === undefined || curve.high === undefined) return "";
  const edge = [...pointsOf(drawing, curve, curve.high), ...pointsOf(drawing, curve, curve.low).toReversed()];
  return edge.length < 3 ? "" : `<path d="${lineOf(edge)}Z" fill="${colour}" fill-opacity="0.16"/>`;
};

const barsOf = (points: readonly Point[], base: number, colour: string): string => {
  const gaps = points.slice(1).map(([x], index) => x - (points[index]?.[0] ?? 0));
  const wide = Math.min(40, 0.7 * Math.min(60, ...gaps));
  return points
    .map(
      ([x, y]) =>
        `<rect x="${(x - wide / 2).toFixed(1)}" y="${y.toFixed(1)}" width="${wide.toFixed(1)}" height="${Math.max(0, base - y).toFixed(1)}" fill="${colour}" fill-opacity="0.45" stroke="${colour}"/>`,
    )
    .join("");
};

const curveSvg = (drawing: Drawing, curve: Curve): string => {
  const colour = escaped(drawing.colourOf(curve.look.token));
  const points = pointsOf(drawing, curve, curve.values);
  if (curve.kind === "bars") return barsOf(points, drawing.yOf(curve)(0), colour);
  const path = curve.kind === "steps" ? stepsOf(points) : lineOf(points);
  const dash = curve.look.dash.length === 0 ? "" : ` stroke-dasharray="${curve.look.dash.join(" ")}"`;
  const markers = points.map(([x, y]) => shapePath(curve.look.marker, x, y, 4)).join("");
  return [
    bandOf(drawing, curve, colour),
    `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`,
    `<path d="${markers}" fill="${colour}"/>`,
  ].join("");
};

const legendSvg = ({ figure, colourOf }: Drawing): string => {
  let x = area.left;
  return figure.curves
    .map((curve) => {
      const at = x;
      x += 50 + 7.2 * curve.label.length;
      const colour = escaped(colourOf(curve.look.token));
      const dash = curve.look.dash.length === 0 ? "" : ` stroke-dasharray="${curve.look.dash.join(" ")}"`;
      return `<path d="M${at} 66H${at + 28}" stroke="${colour}" stroke-width="2"${dash}/><path d="${shapePath(curve.look.marker, at + 14, 66, 4)}" fill="${colour}"/>${text(at + 34, 70, curve.label, "")}`;
    })
    .join("");
};

const axisSvg = (
  axis: Axis,
  bounds: readonly [number, number],
  side: "left" | "right",
  colourOf: ColourOf,
) => {
  const y = scale(bounds[0], bounds[1], area.bottom, area.top);
  const isLeft = side === "left";
  const [x, anchor] = isLeft ? [area.left - 8, "end"] : [area.right + 8, "start"];
  const turned = isLeft ? [20, -90] : [width - 16, 90];
  const middle = (area.top + area.bottom) / 2;
  const ticks = ticksOf(bounds[0], bounds[1]);
  const names = tickNames(axis, ticks);
  return [
    ...ticks.map((tick, index) => {
      const grid = `<path d="M${area.left} ${y(tick).toFixed(1)}H${area.right}" stroke="${escaped(colourOf("--line"))}"/>`;
      return `${isLeft ? grid : ""}${text(x, y(tick) + 4, names[index] ?? "", `text-anchor="${anchor}"`)}`;
    }),
    text(
      0,
      0,
      axis.label,
      `text-anchor="middle" transform="translate(${turned[0]} ${middle}) rotate(${turned[1]})"`,
    ),
  ].join("");
};

const xAxisSvg = ({ figure, x, isShown }: Drawing, window: Window): string =>
  [
    ...ticksOf(window.from, window.to)
      .filter((tick) => Number.isInteger(tick) && isShown(tick))
      .map((tick) => text(x(tick), area.bottom + 20, figure.x.format(tick), 'text-anchor="middle"')),
    text((area.left + area.right) / 2, height - 14, figure.x.label, 'text-anchor="middle"'),
  ].join("");

const signsSvg = ({ figure, colourOf, x, yOf, isShown }: Drawing): string => {
  const [accent, bad] = [escaped(colourOf("--accent")), escaped(colourOf("--bad"))];
  const stars = (figure.stars ?? []).filter((star) => isShown(star.x));
  const marks = (figure.marks ?? []).filter((mark) => isShown(mark.x));
  const first = figure.curves[0];
  return [
    ...stars.map(
      (star) =>
        `<path d="M${x(star.x).toFixed(1)} ${area.top}V${area.bottom}" stroke="${accent}" stroke-dasharray="3 3"/>${text(x(star.x), area.top - 2, "★", `text-anchor="middle" fill="${accent}"`)}`,
    ),
    ...(first === undefined
      ? []
      : marks.map((mark) =>
          text(
            x(mark.x),
            yOf(first)(mark.y) + 5,
            "✗",
            `text-anchor="middle" fill="${bad}" font-weight="700"`,
          ),
        )),
  ].join("");
};

export const windowOf = ({ x: { values } }: Figure): Window => {
  if (values.length === 0) return { from: 0, to: 1 };
  const [from, to] = [Math.min(...values), Math.max(...values)];
  return from === to ? { from: from - 1, to: to + 1 } : { from, to };
};

/** @param window the part of the x axis that is drawn; default: all */
export const figureSvg = (figure: Figure, colourOf: ColourOf, window: Window = windowOf(figure)): string => {
  const onSide = (side: "left" | "right") =>
    figure.curves.filter(({ axis = "left" }) => (figure.right === undefined ? "left" : axis) === side);
  const [left, right] = [
    boundsOf(figure.left, onSide("left")),
    figure.right && boundsOf(figure.right, onSide("right")),
  ];
  const yLeft = scale(left[0], left[1], area.bottom, area.top);
  const yRight = right && scale(right[0], right[1], area.bottom, area.top);
  const drawing: Drawing = {
    ...{ figure, colourOf, x: scale(window.from, window.to, area.left, area.right) },
    yOf: ({ axis }) => (axis === "right" ? (yRight ?? yLeft) : yLeft),
    isShown: (x) => x >= window.from && x <= window.to,
  };
  const [ink, muted, ground] = ["--ink", "--muted", "--surface"].map((token) => escaped(colourOf(token)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="${muted}">`,
    `<rect width="${width}" height="${height}" fill="${ground}"/>`,
    text(area.left, 30, figure.title, `font-size="17" font-weight="600" fill="${ink}"`),
    text(area.left, 50, shortened(figure.caption), 'font-size="12"'),
    axisSvg(figure.left, left, "left", colourOf),
    figure.right === undefined || right === undefined ? "" : axisSvg(figure.right, right, "right", colourOf),
    xAxisSvg(drawing, window),
    ...figure.curves.map((curve) => curveSvg(drawing, curve)),
    signsSvg(drawing),
    legendSvg(drawing),
    "</svg>\n",
  ].join("");
};
