/**
 * A figure on the page: title, plot, legend and a table of the values.
 *
 * 1. New values update the existing plot. A new plot is created only if the curves or the theme change.
 * 2. When the plot has the focus, the arrow keys move between points and the legend shows the values there; plus and
 *    minus zoom. Dragging over a part zooms to it, a double click shows all again.
 */
import type { VNode } from "preact";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { h, html } from "../html.ts";
import { theme } from "../theme.ts";
import { type Figure, isEmpty, shapeOf } from "./figure.ts";
import { type Window, windowOf } from "./figure-svg.ts";
import { FigureTable } from "./figure-table.ts";
import { FigureTools } from "./figure-tools.ts";
import { PlotLegend } from "./plot-legend.ts";
import { columnIndices, columnsOf, optionsOf } from "./plot-options.ts";
import { smoothed } from "./smooth.ts";

export interface PlotProps {
  readonly figure: Figure;
  /** Height of the plot [px]. */
  readonly height?: number;
}

interface Drawing {
  readonly figure: Figure;
  readonly height: number;
  readonly hidden: ReadonlySet<string>;
  readonly zoom: Window | undefined;
  readonly onCursor: (index: number | null) => void;
  readonly onZoom: (zoom: Window | undefined) => void;
}

/** Keeps a plot in an element and fits it to the element's width. */
const usePlot = ({ figure, height, hidden, zoom, onCursor, onZoom }: Drawing) => {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const current = useRef({ figure, zoom });
  current.current = { figure, zoom };
  const shape = `${shapeOf(figure)} ${theme.value} ${height}`;
  useEffect(() => {
    const holder = element.current;
    if (holder === null) return;
    const size = { width: Math.max(200, holder.clientWidth), height };
    const options = optionsOf(figure, size, hidden, {
      ...{ figure: () => current.current.figure, zoom: () => current.current.zoom, onCursor, onZoom },
    });
    const created = new uPlot(options, columnsOf(current.current.figure), holder);
    plot.current = created;
    const resized = new ResizeObserver(([entry]) => {
      const width = Math.round(entry?.contentRect.width ?? 0);
      if (width > 0 && width !== created.width) created.setSize({ width, height });
    });
    resized.observe(holder);
    return () => {
      resized.disconnect();
      created.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(columnsOf(figure)), [figure, zoom]);
  useEffect(() => {
    for (const [at, index] of columnIndices(figure.curves).entries()) {
      const curve = figure.curves[at];
      const show = !hidden.has(curve?.label ?? "");
      const columns = curve?.low === undefined ? [index] : [index, index + 1, index + 2];
      for (const column of columns) plot.current?.setSeries(column, { show });
    }
  }, [hidden]);
  return { element, plot };
};

const toggled = (hidden: ReadonlySet<string>, label: string): ReadonlySet<string> => {
  const next = new Set(hidden);
  if (!next.delete(label)) next.add(label);
  return next;
};

/** Half or twice the shown part, around a point; undefined: all of it. */
const zoomed = (
  figure: Figure,
  zoom: Window | undefined,
  around: number,
  factor: number,
): Window | undefined => {
  const all = windowOf(figure);
  const { from, to } = zoom ?? all;
  const half = ((to - from) * factor) / 2;
  const part = { from: Math.max(all.from, around - half), to: Math.min(all.to, around + half) };
  return part.from <= all.from && part.to >= all.to ? undefined : part;
};

export const Plot = ({ figure: raw, height = 260 }: PlotProps): VNode => {
  const id = useId();
  const [smoothing, setSmoothing] = useState(1);
  const [zoom, setZoom] = useState<Window | undefined>(undefined);
  const figure = useMemo(() => smoothed(raw, smoothing), [raw, smoothing]);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState<number | null>(null);
  const { element, plot } = usePlot({ figure, height, hidden, zoom, onCursor: setCursor, onZoom: setZoom });
  const press = (event: KeyboardEvent) => {
    const factor = { "+": 0.5, "=": 0.5, "-": 2 }[event.key];
    if (factor !== undefined && !event.ctrlKey && !event.metaKey) {
      const { from, to } = zoom ?? windowOf(figure);
      const at = cursor === null ? (from + to) / 2 : (figure.x.values[cursor] ?? from);
      setZoom(zoomed(figure, zoom, at, factor));
      return;
    }
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const points = figure.x.values.length;
    if (step === undefined || points === 0) return;
    event.preventDefault();
    const index =
      cursor === null ? (step === 1 ? 0 : points - 1) : Math.min(points - 1, Math.max(0, cursor + step));
    const left = plot.current?.valToPos(figure.x.values[index] ?? 0, "x") ?? 0;
    plot.current?.setCursor({ left, top: 0 });
  };
  return html`<figure class="panel plot" aria-labelledby=${id}>
    <figcaption><h3 id=${id}>${figure.title}</h3><p>${figure.caption}</p></figcaption>
    ${h(PlotLegend, { figure, hidden, cursor, onToggle: (label) => setHidden(toggled(hidden, label)) })}
    ${h(FigureTools, { raw, figure, smoothing, zoom, onSmooth: setSmoothing, onZoom: setZoom })}
    <div
      class="plot-area"
      ref=${element}
      tabindex="0"
      role="group"
      aria-label=${`${figure.title}: left and right arrow keys move between points, plus and minus zoom; the table below has the same values`}
      onKeyDown=${press}
      onDblClick=${() => setZoom(undefined)}
    ></div>
    ${isEmpty(figure) ? html`<p class="nothing">Nothing to draw yet.</p>` : null}
    ${h(FigureTable, { figure: raw })}
  </figure>`;
};
