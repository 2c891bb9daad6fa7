/**
 * Converts a machine's graph to ELK's input and ELK's result to a chart.
 *
 * 1. All sizes are in pixels. Text width is estimated from text length, because the server has no fonts.
 * 2. All coordinates are absolute (json.shapeCoords and json.edgeCoords: ROOT).
 * 3. Arrows between the same two states share one line, and their labels stand below each other: a chart with a line for
 *    each would be several times as large.
 */
import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api.js";
import type { Chart, ChartEdge, ChartNode } from "../view.ts";
import type { GraphEdge, GraphNode, MachineGraph } from "./machine-graph.ts";

/** Mean character width including some spacing [px], for 14 px state labels and 12 px arrow labels. */
const stateCharacter = 8.2;
const arrowCharacter = 6.6;
const titleHeight = 26;
const stateHeight = 36;
/** Height of one line of a label. */
const lineHeight = 16;
const margin = 8;
/** Space behind an arrow's label for how often it was taken [px]. */
const timesWidth = 16;
/** The page truncates longer labels [characters]. */
const maximumLabelLength = 34;

const widthOf = (text: string, character: number): number =>
  Math.ceil(Math.min(text.length, maximumLabelLength) * character);

const optionsOf = (direction: "DOWN" | "RIGHT") => ({
  "elk.algorithm": "layered",
  "elk.direction": direction,
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.json.shapeCoords": "ROOT",
  "elk.json.edgeCoords": "ROOT",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.padding": `[top=${margin},left=${margin},bottom=${margin},right=${margin}]`,
  "elk.spacing.nodeNode": "18",
  "elk.spacing.edgeNode": "12",
  "elk.spacing.edgeEdge": "8",
  "elk.spacing.edgeLabel": "3",
  "elk.layered.spacing.nodeNodeBetweenLayers": "26",
  "elk.layered.spacing.edgeNodeBetweenLayers": "12",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.edgeLabels.sideSelection": "SMART_DOWN",
});

const compoundOptions = {
  "elk.padding": `[top=${titleHeight + margin},left=14,bottom=14,right=14]`,
};

const elkNode = (node: GraphNode, children: (parent: string) => ElkNode[]): ElkNode => {
  const inner = children(node.id);
  const width = widthOf(node.label, stateCharacter) + 2 * margin + 4;
  if (inner.length === 0) {
    const isPoint = node.kind === "history";
    return { id: `n:${node.id}`, width: isPoint ? 34 : Math.max(48, width), height: stateHeight };
  }
  return {
    id: `n:${node.id}`,
    children: inner,
    layoutOptions: {
      ...compoundOptions,
      "elk.nodeSize.constraints": "MINIMUM_SIZE",
      "elk.nodeSize.minimum": `(${width}, ${stateHeight})`,
    },
  };
};

/** The arrows between the same two states. */
type Bundle = readonly [GraphEdge, ...GraphEdge[]];

const bundleId = ({ source, target }: GraphEdge): string => `e:${JSON.stringify([source, target])}`;

const bundlesOf = (edges: readonly GraphEdge[]): Bundle[] =>
  [...(Map.groupBy(edges, bundleId) as ReadonlyMap<string, GraphEdge[]>).values()].flatMap(
    ([first, ...others]) => (first === undefined ? [] : [[first, ...others] satisfies Bundle]),
  );

/** In a cycle, ELK treats the arrows against the definition's order as the backward arrows. */
const elkEdge = (bundle: Bundle, isForward: boolean): ElkExtendedEdge => {
  const [first] = bundle;
  const width = Math.max(...bundle.map(({ label }) => widthOf(label, arrowCharacter))) + timesWidth;
  return {
    id: bundleId(first),
    sources: [`n:${first.source}`],
    targets: [`n:${first.target}`],
    labels: [{ text: first.label, width, height: bundle.length * lineHeight }],
    layoutOptions: { "elk.layered.priority.direction": isForward ? "10" : "0" },
  };
};

/** The first node is the root. */
export const elkGraph = ({ nodes, edges }: MachineGraph, direction: "DOWN" | "RIGHT"): ElkNode => {
  const byParent = Map.groupBy(nodes.slice(1), ({ parent }) => parent);
  const below = (parent: string): ElkNode[] =>
    (byParent.get(parent) ?? []).map((node) => elkNode(node, below));
  const order = new Map(nodes.map(({ id }, index) => [id, index]));
  const isForward = ({ source, target }: GraphEdge) => (order.get(source) ?? 0) < (order.get(target) ?? 0);
  return {
    id: "chart",
    layoutOptions: optionsOf(direction),
    children: nodes.slice(0, 1).map((node) => elkNode(node, below)),
    edges: bundlesOf(edges).map((bundle) => elkEdge(bundle, isForward(bundle[0]))),
  };
};

const rounded = (value = 0): number => Math.round(value * 10) / 10;

const placesOf = (node: ElkNode): ElkNode[] => [node, ...(node.children ?? []).flatMap(placesOf)];

const chartNode = (node: GraphNode, place: ElkNode | undefined): ChartNode => ({
  ...node,
  x: rounded(place?.x),
  y: rounded(place?.y),
  width: rounded(place?.width),
  height: rounded(place?.height),
});

const pointsOf = ({ sections = [] }: ElkExtendedEdge): ChartEdge["points"] =>
  sections.flatMap(({ startPoint, bendPoints = [], endPoint }) =>
    [startPoint, ...bendPoints, endPoint].map(({ x, y }): [number, number] => [rounded(x), rounded(y)]),
  );

const chartEdges = (bundle: Bundle, route: ElkExtendedEdge | undefined): ChartEdge[] => {
  const points = route ? pointsOf(route) : [];
  const { x = 0, y = 0, width = 0 } = route?.labels?.[0] ?? {};
  return bundle.map((edge, line) => {
    const labelAt: [number, number] = [rounded(x + width / 2), rounded(y + (line + 0.5) * lineHeight)];
    return { ...edge, points, ...(route ? { labelAt } : {}) };
  });
};

export const chartOf = (id: string, { nodes, edges }: MachineGraph, laidOut: ElkNode): Chart => {
  const places = new Map(placesOf(laidOut).map((place) => [place.id, place]));
  const routes = new Map((laidOut.edges ?? []).map((edge) => [edge.id, edge]));
  const drawn = bundlesOf(edges).flatMap((bundle) => chartEdges(bundle, routes.get(bundleId(bundle[0]))));
  const byId = new Map(drawn.map((edge) => [edge.id, edge]));
  return {
    id,
    width: rounded(laidOut.width),
    height: rounded(laidOut.height),
    nodes: nodes.map((node) => chartNode(node, places.get(`n:${node.id}`))),
    edges: edges.flatMap(({ id: edge }) => byId.get(edge) ?? []),
  };
};
