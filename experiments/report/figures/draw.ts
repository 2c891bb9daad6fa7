/** Draws a figure: its panels side by side, and one legend. */
import { createHash } from "node:crypto";
import type { DotPanel, Figure, LinePanel } from "./figure.ts";
import { classOf, dotPanel, dotPanelHeight, linePanel } from "./panels.ts";
import { element, escaped, label } from "./svg.ts";

/** Colours by day and by night, as on Agora's page. */
const series: readonly (readonly [day: string, night: string])[] = [
  ["#2a67ab", "#7fb5f0"],
  ["#bd520b", "#f2a561"],
  ["#23774a", "#72d19a"],
  ["#a32f79", "#ee90c8"],
  ["#836700", "#e2c94e"],
  ["#08757b", "#58cbd1"],
  ["#9c3729", "#f28d7e"],
  ["#5d5a82", "#b3b0dd"],
];
const [ink, muted, line] = [
  ["#1f2328", "#e9e6df"],
  ["#5b646d", "#9ba6b2"],
  ["#ddd5c5", "#2d3642"],
] as const;

/** `pick`: how a pair of colours is written. */
const rules = (pick: (day: string, night: string) => string): string =>
  [
    `.figure text{fill:${pick(...ink)};font:12px sans-serif}`,
    `.figure .tick{fill:${pick(...muted)};font-size:11px}.figure .title{font-weight:bold}`,
    `.figure .grid{stroke:${pick(...line)}}.figure .axis{stroke:${pick(...muted)}}`,
    ".figure .line{fill:none;stroke-width:1.8}.figure .band{opacity:.16;stroke:none}",
    ".figure .spread{stroke-width:2;opacity:.5}.figure .mean{stroke-width:2.5}.figure .seed{fill-opacity:.45;stroke:none}",
    ...series.map(([day, night], index) => {
      const [name, colour] = [`.figure .s${index + 1}`, pick(day, night)];
      return `${name} .line,${name} .mean,${name} .spread{stroke:${colour}}${name} .band,${name} .dot,${name} .seed,${name} .star{fill:${colour}}`;
    }),
  ].join("\n");

/** For a page that knows day and night. */
export const figureStyle = rules((day, night) => `light-dark(${day},${night})`);

/** For a file of its own, which is printed on white. */
const fileStyle = rules((day) => day);

const [panelWidth, panelHeight, legendRow] = [380, 260, 18] as const;

const heightOf = (panel: LinePanel | DotPanel): number =>
  panel.kind === "lines" ? panelHeight : dotPanelHeight(panel);

interface Named {
  readonly name: string;
  readonly look: number;
}

/** The curves of all panels, each name once. */
const namesIn = ({ panels }: Figure): Named[] => [
  ...new Map(
    panels.flatMap((panel) =>
      panel.kind === "lines" ? panel.series.map(({ name, look }) => [name, { name, look }] as const) : [],
    ),
  ).values(),
];

const legend = (names: readonly Named[], top: number, perRow: number): string =>
  names
    .map(({ name, look }, index) => {
      const [x, y] = [12 + (index % perRow) * 190, top + Math.floor(index / perRow) * legendRow];
      const stroke = element("line", { x1: x, x2: x + 22, y1: y, y2: y, class: "mean" });
      return (
        element("g", { class: classOf(look) }, stroke) +
        label(name.slice(0, 26), x + 28, y + 4, { class: "tick" })
      );
    })
    .join("");

interface Layout {
  /** Of one panel, and of the whole. */
  readonly panel: number;
  readonly width: number;
  /** Height of the panels together. */
  readonly below: number;
  /** Upper left corner of each panel. */
  readonly corners: readonly { readonly x: number; readonly y: number }[];
}

/** Two panels in a row; one that is alone is wider. */
const layoutOf = ({ panels }: Figure): Layout => {
  const columns = Math.min(2, panels.length);
  const rows = Array.from({ length: Math.ceil(panels.length / columns) }, (_, row) =>
    Math.max(...panels.slice(row * columns, (row + 1) * columns).map(heightOf)),
  );
  const above = (row: number): number => rows.slice(0, row).reduce((sum, height) => sum + height, 0);
  const panel = columns === 1 ? panelWidth + 180 : panelWidth;
  return {
    ...{ panel, width: columns * panel, below: above(rows.length) },
    corners: panels.map((_, index) => ({
      x: (index % columns) * panel,
      y: above(Math.floor(index / columns)),
    })),
  };
};

const panelSvg = (panel: LinePanel | DotPanel, width: number): string => {
  const size = { width, height: heightOf(panel) };
  return panel.kind === "lines" ? linePanel(panel, size) : dotPanel(panel, size);
};

/** An `svg` element. With `style` it stands alone; without, the page that holds it has `figureStyle`. */
const svgOf = (figure: Figure, style: string): string => {
  const { panels, title, id } = figure;
  const { panel: own, width, below, corners } = layoutOf(figure);
  const drawn = panels.map((panel, index) => {
    const { x, y } = corners[index] ?? { x: 0, y: 0 };
    return element("g", { transform: `translate(${x} ${y})` }, panelSvg(panel, own));
  });
  const names = namesIn(figure);
  const perRow = Math.max(1, Math.floor(width / 190));
  const isNamed = names.length > 1;
  const height = below + (isNamed ? Math.ceil(names.length / perRow) * legendRow + 10 : 0);
  const content = [
    element("title", { id: `${id}-title` }, escaped(title)),
    style === "" ? "" : element("style", {}, style),
    ...drawn,
    isNamed ? legend(names, below + 8, perRow) : "",
  ].join("");
  const box = { viewBox: `0 0 ${width} ${height}`, width, height, class: "figure", role: "img" };
  return element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", ...box, "aria-labelledby": `${id}-title` },
    content,
  );
};

/** For a page. */
export const inlineSvg = (figure: Figure): string => svgOf(figure, "");

/** A file. */
export const fileSvg = (figure: Figure): string => `${svgOf(figure, fileStyle)}\n`;

/** The hash of a style sheet, for a content security policy. */
export const styleHash = (style: string): string =>
  `sha256-${createHash("sha256").update(style).digest("base64")}`;
