/** Draws a statechart as SVG. It is rendered once per chart; chart-light.ts changes classes on its elements. */
import { Component, type FunctionComponent, type VNode } from "preact";
import type { Chart, ChartEdge, ChartNode } from "../../view.ts";
import { html } from "../html.ts";

/** Wraps a component so that it renders again only if a property changes. */
const memo = <P extends object>(draw: (props: P) => VNode): FunctionComponent<P> => {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const now = this.props as Readonly<P>;
      return (Object.keys(next) as (keyof P)[]).some((key) => next[key] !== now[key]);
    }
    override render(): VNode {
      return draw(this.props as P);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
};

const isParent = ({ nodes }: Chart, { id }: ChartNode): boolean => nodes.some(({ parent }) => parent === id);

/** A dot with a short arrow into the state that is entered with its parent. */
const InitialMark = ({ x, y }: ChartNode): VNode => html`<g class="initial" aria-hidden="true">
  <circle cx=${x - 8} cy=${y - 6} r="3.5" />
  <path d=${`M${x - 8} ${y - 6}Q${x - 8} ${y + 9} ${x - 1} ${y + 9}`} marker-end="url(#arrow)" />
</g>`;

const Label = (chart: Chart, node: ChartNode): VNode => {
  const { label, x, y, width, height } = node;
  return isParent(chart, node)
    ? html`<text x=${x + 9} y=${y + 17}>${label}</text>`
    : html`<text class="leaf" x=${x + width / 2} y=${y + height / 2} dy="0.35em">${label}</text>`;
};

/** Number of a crowd's actors in the state; chart-light.ts fills it. */
const Count = ({ x, y, width }: ChartNode): VNode =>
  html`<text class="count" x=${x + width - 3} y=${y - 3}></text>`;

/** A region of a parallel state rests in its initial state: there it is active most of the time. */
const isRest = ({ nodes }: Chart, { initial = false, parent }: ChartNode): boolean => {
  const region = nodes.find(({ id }) => id === parent);
  return initial && nodes.some(({ id, kind }) => id === region?.parent && kind === "parallel");
};

const classOf = (chart: Chart, node: ChartNode): string =>
  [
    "node",
    node.kind,
    ...(isParent(chart, node) ? ["parent"] : []),
    ...(isRest(chart, node) ? ["rest"] : []),
  ].join(" ");

const Node = (chart: Chart, node: ChartNode, isLarge: boolean): VNode => {
  const { id, label, kind, x, y, width, height, initial = false } = node;
  const parent = isParent(chart, node);
  const radius = kind === "final" ? Math.min(height / 2, 14) : 6;
  return html`<g key=${id} class=${classOf(chart, node)} data-node=${id} tabindex="-1">
    <title>${id === "" ? label : id}</title>
    <rect x=${x} y=${y} width=${width} height=${height} rx=${radius} />
    ${kind === "final" ? html`<rect x=${x + 3} y=${y + 3} width=${width - 6} height=${height - 6} rx=${radius - 3} />` : null}
    ${Label(chart, node)}
    ${parent ? null : html`<circle class="mark" cx=${x + 8} cy=${y + 8} r="3" />`}
    ${initial ? InitialMark(node) : null}
    ${isLarge && !parent ? Count(node) : null}
  </g>`;
};

const pathOf = ({ points }: ChartEdge): string =>
  `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

/** The place where a chart's arrow begins and ends; arrows of one place share a line. */
export const lineKey = ({ source, target }: Pick<ChartEdge, "source" | "target">): string =>
  JSON.stringify([source, target]);

const EdgeLabel = ({ label, labelAt }: ChartEdge): VNode | null =>
  labelAt === undefined
    ? null
    : html`<text class="edge-label" x=${labelAt[0]} y=${labelAt[1]}>${label}<tspan class="times" dx="5"></tspan></text>`;

/** The first arrow of a line has the line. */
const Edge = (edge: ChartEdge, hasLine: boolean): VNode => html`<g
  key=${edge.id}
  class="edge"
  data-edge=${edge.id}
  data-line=${lineKey(edge)}
>
  <title>${edge.label}</title>
  ${hasLine ? html`<path class="hit" d=${pathOf(edge)} />` : null}
  ${hasLine ? html`<path class="line" d=${pathOf(edge)} marker-end="url(#arrow)" />` : null}
  ${EdgeLabel(edge)}
</g>`;

const Edges = ({ edges }: Chart): VNode[] => {
  const firsts = new Map(edges.toReversed().map((edge) => [lineKey(edge), edge.id]));
  return edges.map((edge) => Edge(edge, firsts.get(lineKey(edge)) === edge.id));
};

/** Parents are drawn first, below their children. */
const Parts = (chart: Chart, isLarge: boolean): VNode[] => [
  ...chart.nodes.filter((node) => isParent(chart, node)).map((node) => Node(chart, node, isLarge)),
  ...Edges(chart),
  ...chart.nodes.filter((node) => !isParent(chart, node)).map((node) => Node(chart, node, isLarge)),
];

interface DrawingProps {
  readonly chart: Chart;
  readonly name: string;
}

export const Drawing = memo(
  ({ chart, name }: DrawingProps): VNode => html`<svg
    class="chart"
    style=${{ maxWidth: `${Math.round(1.2 * chart.width)}px` }}
    viewBox=${`0 0 ${chart.width} ${chart.height}`}
    role="group"
    tabindex="0"
    aria-label=${`Statechart of ${name}: arrow keys move between states, Enter shows a state's events`}
  >${Parts(chart, false)}</svg>`,
);

/** The chart at its own size in a group that the view moves and scales. */
export const LargeDrawing = memo(
  ({ chart, name }: DrawingProps): VNode => html`<svg
    class="chart large"
    role="group"
    tabindex="0"
    aria-label=${`Statechart of ${name}: arrow keys move between states, Enter selects one, plus and minus zoom, 0 fits, Shift and arrow keys move the chart`}
  ><g class="stage">${Parts(chart, true)}</g></svg>`,
);

/** The arrow head shared by all charts. */
export const ArrowHead = (): VNode => html`<svg class="unseen" aria-hidden="true"><defs>
  <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
    <path d="M0 0L8 4L0 8Z" />
  </marker>
</defs></svg>`;
