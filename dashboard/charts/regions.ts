/**
 * Lays out a parallel machine whose regions share no arrows: each region separately, then in rows in the definition's
 * order. ELK alone would choose its own order.
 */
import type { Chart, ChartEdge, ChartNode } from "../view.ts";
import type { GraphNode, MachineGraph } from "./machine-graph.ts";

const gap = 10;
const titleHeight = 30;
/** Target ratio of width to height, which fits an agent's card. */
const proportion = 1.3;

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

interface Rows {
  readonly placed: readonly { readonly chart: Chart; readonly x: number; readonly y: number }[];
  readonly x: number;
  readonly y: number;
  readonly rowHeight: number;
  readonly width: number;
}

const withRegion = (rows: Rows, chart: Chart, widest: number): Rows => {
  const isFull = rows.x > gap && rows.x + chart.width > widest;
  const x = isFull ? gap : rows.x;
  const y = isFull ? rows.y + rows.rowHeight : rows.y;
  return {
    placed: [...rows.placed, { chart, x, y }],
    x: x + chart.width,
    y,
    rowHeight: Math.max(isFull ? 0 : rows.rowHeight, chart.height),
    width: Math.max(rows.width, x + chart.width),
  };
};

export const chartOfRegions = (id: string, root: GraphNode, charts: readonly Chart[]): Chart => {
  const area = charts.reduce((sum, { width, height }) => sum + width * height, 0);
  const widest = Math.max(Math.sqrt(area * proportion), ...charts.map(({ width }) => width)) + 2 * gap;
  const start: Rows = { placed: [], x: gap, y: titleHeight, rowHeight: 0, width: 0 };
  const rows = charts.reduce((sofar, chart) => withRegion(sofar, chart, widest), start);
  const [width, height] = [rows.width + gap, rows.y + rows.rowHeight + gap];
  const parts = rows.placed.map(({ chart, x, y }) => moved(chart, x, y));
  return {
    id,
    width,
    height,
    nodes: [{ ...root, x: 0, y: 0, width, height }, ...parts.flatMap(({ nodes }) => nodes)],
    edges: parts.flatMap(({ edges }) => edges),
  };
};
