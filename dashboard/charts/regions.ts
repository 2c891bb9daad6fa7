/**
 * Lays out a parallel machine whose regions share no arrows: each region separately, then in columns in the
 * definition's order. ELK alone would choose its own order.
 */
import type { Chart, ChartEdge, ChartNode } from "../view.ts";
import type { GraphNode, MachineGraph } from "./machine-graph.ts";

const gap = 10;
const titleHeight = 30;
/** The space in which an enlarged chart is read [px]. */
const space = { width: 940, height: 640 };

/** The scale at which a chart fills the space. */
export const fitOf = ({ width, height }: Pick<Chart, "width" | "height">): number =>
  Math.min(space.width / width, space.height / height);

const isWithin = (id: string, region: string): boolean => id === region || id.startsWith(`${region}.`);

/** Undefined if the root is not parallel or an arrow connects two regions. */
export const regionsOf = ({ nodes, edges }: MachineGraph): MachineGraph[] | undefined => {
  const [root] = nodes;
  if (root?.kind !== "parallel") return undefined;
  const regions = nodes
    .filter(({ parent }) => parent === root.id)
    .map(({ id }) => ({
      nodes: nodes.filter((node) => isWithin(node.id, id)),
      edges: edges.filter(({ source, target }) => isWithin(source, id) && isWithin(target, id)),
    }));
  const kept = regions.reduce((sum, region) => sum + region.edges.length, 0);
  return kept === edges.length ? regions : undefined;
};

const moved = ({ nodes, edges }: Chart, byX: number, byY: number): Pick<Chart, "nodes" | "edges"> => {
  const shift = ([x, y]: readonly [number, number]): [number, number] => [x + byX, y + byY];
  return {
    nodes: nodes.map((node): ChartNode => ({ ...node, x: node.x + byX, y: node.y + byY })),
    edges: edges.map(
      (edge): ChartEdge => ({
        ...edge,
        points: edge.points.map(shift),
        ...(edge.labelAt ? { labelAt: shift(edge.labelAt) } : {}),
      }),
    ),
  };
};

interface Columns {
  readonly placed: readonly { readonly chart: Chart; readonly x: number; readonly y: number }[];
  readonly width: number;
  readonly height: number;
}

/** Fills columns from top to bottom in order; one is full at the given height. */
const inColumns = (charts: readonly Chart[], fullHeight: number): Columns => {
  const placed: { chart: Chart; x: number; y: number }[] = [];
  let [x, y, columnWidth, height] = [gap, titleHeight, 0, 0];
  for (const chart of charts) {
    if (y > titleHeight && y + chart.height > fullHeight) {
      x += columnWidth;
      [y, columnWidth] = [titleHeight, 0];
    }
    placed.push({ chart, x, y });
    y += chart.height;
    columnWidth = Math.max(columnWidth, chart.width);
    height = Math.max(height, y);
  }
  return { placed, width: x + columnWidth + gap, height: height + gap };
};

/** Every height at which a first column can end. */
const heightsOf = (charts: readonly Chart[]): number[] => {
  let sum = titleHeight;
  return charts.map(({ height }) => {
    sum += height;
    return sum;
  });
};

export const chartOfRegions = (id: string, root: GraphNode, charts: readonly Chart[]): Chart => {
  const [best] = heightsOf(charts)
    .map((height) => inColumns(charts, height))
    .toSorted((left, right) => fitOf(right) - fitOf(left));
  const { placed, width, height } = best ?? inColumns(charts, 0);
  const parts = placed.map(({ chart, x, y }) => moved(chart, x, y));
  return {
    id,
    width,
    height,
    nodes: [{ ...root, x: 0, y: 0, width, height }, ...parts.flatMap(({ nodes }) => nodes)],
    edges: parts.flatMap(({ edges }) => edges),
  };
};
