/** Converts a figure to uPlot options: series, scales, axes and the hooks that draw markers and stars. */
import uPlot from "uplot";
import { traceShape } from "../flow/shape.ts";
import { colour } from "../theme.ts";
import { type Axis, type Curve, type Figure, tickNames } from "./figure.ts";
import { type Window, windowOf } from "./figure-svg.ts";

const font = "12px system-ui, sans-serif";
/** Minimum distance between two markers [px]. */
const markerDistance = 22;

type Values = (number | null)[];

/** Columns: x, then per curve its values and, if it has a band, the upper and the lower edge. */
export const columnsOf = ({ x, curves }: Figure): uPlot.AlignedData => {
  const columns: Values[] = curves.flatMap(({ values, low, high }) =>
    low === undefined || high === undefined ? [[...values]] : [[...values], [...high], [...low]],
  );
  return [[...x.values], ...columns];
};

const scaleOf = ({ axis = "left" }: Curve): string => axis;

const pathsOf = (kind: Curve["kind"], index: number, bars: number): uPlot.Series.PathBuilder | undefined => {
  if (kind === "steps") return uPlot.paths.stepped?.({ align: 1 });
  if (kind !== "bars") return undefined;
  const align = bars === 1 ? 0 : index === 0 ? -1 : 1;
  return uPlot.paths.bars?.({ size: [0.7 / bars, 40], align });
};

const seriesOf = (curves: readonly Curve[], hidden: ReadonlySet<string>): uPlot.Series[] => {
  const bars = curves.filter(({ kind }) => kind === "bars");
  return curves.flatMap((curve) => {
    const { label, look, kind = "line", low, high } = curve;
    const stroke = colour(look.token);
    const paths = pathsOf(kind, bars.indexOf(curve), bars.length);
    const show = !hidden.has(label);
    const main: uPlot.Series = {
      ...{ label, scale: scaleOf(curve), stroke, width: 2, dash: [...look.dash], spanGaps: true, show },
      points: { show: false },
      ...(paths === undefined ? {} : { paths }),
      ...(kind === "bars" ? { fill: `color-mix(in srgb, ${stroke} 45%, transparent)`, dash: [] } : {}),
    };
    if (low === undefined || high === undefined) return [main];
    const edge: uPlot.Series = {
      ...{ label: `${label} band`, scale: scaleOf(curve), stroke: "transparent", width: 0, show },
      points: { show: false },
    };
    return [main, edge, { ...edge }];
  });
};

/** Column index of each curve; column 0 is x. */
export const columnIndices = (curves: readonly Curve[]): readonly number[] => {
  let next = 1;
  return curves.map(({ low, high }) => {
    const index = next;
    next += low === undefined || high === undefined ? 1 : 3;
    return index;
  });
};

const bandsOf = (curves: readonly Curve[]): uPlot.Band[] =>
  columnIndices(curves).flatMap((index, at) => {
    const curve = curves[at];
    if (curve?.low === undefined) return [];
    return [
      {
        series: [index + 1, index + 2],
        fill: `color-mix(in srgb, ${colour(curve.look.token)} 16%, transparent)`,
      },
    ];
  });

const axisOf = (axis: Axis, scale: string): uPlot.Axis => ({
  ...{ scale, label: axis.label, labelFont: font, font, labelSize: 22, size: 52, stroke: colour("--muted") },
  values: (_, values) => tickNames(axis, values),
  ...(scale === "right" ? { side: 1, grid: { show: false } } : {}),
  grid: { show: scale !== "right", stroke: colour("--line"), width: 1 },
  ticks: { stroke: colour("--line"), width: 1 },
});

const hasBars = ({ curves }: Pick<Figure, "curves">): boolean => curves.some(({ kind }) => kind === "bars");

/** Bars are compared by length, so their axis starts at zero. */
const scaleRange = ({ range }: Axis, hasBars: boolean): uPlot.Scale => {
  if (range !== undefined) return { range: [range[0], range[1]] };
  return {
    range: (_, low, high) => {
      if (low === null || high === null) return [0, 1];
      const room = 0.08 * (high - low || Math.abs(high) || 1);
      const isNearZero = low >= 0 && low - room < 0;
      return [isNearZero || hasBars ? Math.min(0, low) : low - room, high + room];
    },
  };
};

/** From the figure's own values: of a single one uPlot would make a range of its own. Bars need space for their width. */
const xRange = (figure: Figure): [low: number, high: number] => {
  const { from, to } = windowOf(figure);
  const room = hasBars(figure) ? 0.6 : 0;
  return [from - room, to + room];
};

const drawMarkers = (plot: uPlot, curves: readonly Curve[]): void => {
  const indices = columnIndices(curves);
  for (const [at, curve] of curves.entries()) {
    const index = indices[at] ?? 0;
    if (curve.kind === "bars" || plot.series[index]?.show === false) continue;
    const { ctx } = plot;
    ctx.save();
    ctx.fillStyle = colour(curve.look.token);
    ctx.beginPath();
    let last = Number.NEGATIVE_INFINITY;
    const { left, width } = plot.bbox;
    for (const [point, value] of curve.values.entries()) {
      const x = plot.valToPos(plot.data[0][point] ?? 0, "x", true);
      if (x < left - 1 || x > left + width + 1) continue;
      if (value === null || x - last < markerDistance * devicePixelRatio) continue;
      last = x;
      const y = plot.valToPos(value, scaleOf(curve), true);
      traceShape(ctx, curve.look.marker, x, y, 4 * devicePixelRatio);
    }
    ctx.fill();
    ctx.restore();
  }
};

const drawStars = (plot: uPlot, figure: Figure): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour("--accent");
  ctx.fillStyle = colour("--accent");
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.lineWidth = devicePixelRatio;
  ctx.textAlign = "center";
  ctx.font = `${15 * devicePixelRatio}px system-ui, sans-serif`;
  for (const { x } of figure.stars ?? []) {
    const at = plot.valToPos(x, "x", true);
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(at, bbox.top + 16 * devicePixelRatio);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText("★", at, bbox.top + 13 * devicePixelRatio);
  }
  ctx.restore();
};

const drawMarks = (plot: uPlot, { marks = [] }: Figure): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = colour("--bad");
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.font = `700 ${14 * devicePixelRatio}px system-ui, sans-serif`;
  for (const { x, y } of marks) {
    const at = plot.valToPos(x, "x", true);
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    ctx.fillText("✗", at, plot.valToPos(y, "left", true));
  }
  ctx.restore();
};

export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

/** What changes while the plot stays. */
export interface PlotState {
  readonly figure: () => Figure;
  readonly zoom: () => Window | undefined;
  readonly onCursor: (index: number | null) => void;
  readonly onZoom: (zoom: Window | undefined) => void;
}

/** Selections of fewer pixels are clicks. */
const smallestSelection = 8;

const select = (plot: uPlot, { onZoom }: PlotState): void => {
  const { left, width } = plot.select;
  if (width < smallestSelection) return;
  onZoom({ from: plot.posToVal(left, "x"), to: plot.posToVal(left + width, "x") });
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
};

const xBounds = ({ figure, zoom }: PlotState): [low: number, high: number] => {
  const part = zoom();
  return part === undefined ? xRange(figure()) : [part.from, part.to];
};

export const optionsOf = (
  figure: Figure,
  size: PlotSize,
  hidden: ReadonlySet<string>,
  state: PlotState,
): uPlot.Options => ({
  ...size,
  legend: { show: false },
  padding: [14, 14, null, null],
  cursor: { y: false, points: { size: 8 }, drag: { x: true, y: false, setScale: false } },
  scales: {
    x: { time: false, range: () => xBounds(state) },
    left: scaleRange(figure.left, hasBars(figure)),
    ...(figure.right === undefined ? {} : { right: scaleRange(figure.right, false) }),
  },
  axes: [
    {
      ...{ label: figure.x.label, labelFont: font, font, labelSize: 20, size: 36, stroke: colour("--muted") },
      values: (_, values) => values.map((value) => (Number.isInteger(value) ? figure.x.format(value) : "")),
      grid: { show: false },
      ticks: { stroke: colour("--line"), width: 1 },
    },
    axisOf(figure.left, "left"),
    ...(figure.right === undefined ? [] : [axisOf(figure.right, "right")]),
  ],
  series: [{ label: figure.x.label }, ...seriesOf(figure.curves, hidden)],
  bands: bandsOf(figure.curves),
  hooks: {
    draw: [
      (plot) => drawMarkers(plot, state.figure().curves),
      (plot) => drawStars(plot, state.figure()),
      (plot) => drawMarks(plot, state.figure()),
    ],
    setCursor: [({ cursor: { idx } }) => state.onCursor(idx ?? null)],
    setSelect: [(plot) => select(plot, state)],
  },
});
