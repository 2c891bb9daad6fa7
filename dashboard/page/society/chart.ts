/**
 * A statechart as SVG. It is rendered once; active states are marked by changing classes on its elements.
 *
 * 1. A chart is one tab stop: arrow keys move between states, Enter opens a state's events.
 * 2. An active state differs in weight, outline and a mark, not only in colour.
 */
import { effect, type ReadonlySignal } from "@preact/signals";
import { Component, type FunctionComponent, type VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { AgentView, Chart, ChartEdge, ChartNode } from "../../view.ts";
import { h, html } from "../html.ts";
import { inspect } from "../state/inspected.ts";

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

const Node = (chart: Chart, node: ChartNode): VNode => {
  const { id, label, kind, x, y, width, height } = node;
  const parent = isParent(chart, node);
  const radius = kind === "final" ? Math.min(height / 2, 14) : 6;
  return html`<g key=${id} class=${`node ${kind}${parent ? " parent" : ""}`} data-node=${id} tabindex="-1">
    <title>${id === "" ? label : id}</title>
    <rect x=${x} y=${y} width=${width} height=${height} rx=${radius} />
    ${kind === "final" ? html`<rect x=${x + 3} y=${y + 3} width=${width - 6} height=${height - 6} rx=${radius - 3} />` : null}
    ${
      parent
        ? html`<text x=${x + 8} y=${y + 15}>${label}</text>`
        : html`<text class="leaf" x=${x + width / 2} y=${y + height / 2} dy="0.35em">${label}</text>`
    }
    ${parent ? null : html`<circle class="mark" cx=${x + 8} cy=${y + 8} r="3" />`}
  </g>`;
};

const pathOf = ({ points }: ChartEdge): string =>
  `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

const Edge = (
  edge: ChartEdge,
): VNode => html`<g key=${edge.id} class="edge" data-edge=${edge.id} data-event=${edge.event}>
  <title>${edge.label}</title>
  <path class="hit" d=${pathOf(edge)} />
  <path class="line" d=${pathOf(edge)} marker-end="url(#arrow)" />
  ${
    edge.labelAt === undefined
      ? null
      : html`<text class="edge-label" x=${edge.labelAt[0]} y=${edge.labelAt[1]}>${edge.label}</text>`
  }
</g>`;

interface DrawingProps {
  readonly chart: Chart;
  readonly name: string;
}

/** Parents are drawn first, below their children. */
const Drawing = memo(
  ({ chart, name }: DrawingProps): VNode => html`<svg
    class="chart"
    style=${{ maxWidth: `${Math.round(1.2 * chart.width)}px` }}
    viewBox=${`0 0 ${chart.width} ${chart.height}`}
    role="group"
    tabindex="0"
    aria-label=${`Statechart of ${name}: arrow keys move between states, Enter shows a state's events`}
  >
    ${chart.nodes.filter((node) => isParent(chart, node)).map((node) => Node(chart, node))}
    ${chart.edges.map(Edge)}
    ${chart.nodes.filter((node) => !isParent(chart, node)).map((node) => Node(chart, node))}
  </svg>`,
);

/** Marks the active states and the last transition. */
const light = (elements: Elements, before: AgentView | undefined, view: AgentView): void => {
  const active = new Set(view.active);
  for (const id of before?.active ?? []) if (!active.has(id)) elements.nodes.get(id)?.classList.remove("lit");
  for (const id of active) elements.nodes.get(id)?.classList.add("lit");
  if (before?.lastEvent === view.lastEvent) return;
  for (const edge of elements.edges) {
    edge.classList.toggle("fired", edge.getAttribute("data-event") === view.lastEvent);
  }
};

interface Elements {
  readonly nodes: ReadonlyMap<string, Element>;
  readonly edges: readonly Element[];
}

const elementsOf = (svg: Element): Elements => ({
  nodes: new Map(
    [...svg.querySelectorAll(".node")].map((node) => [node.getAttribute("data-node") ?? "", node]),
  ),
  edges: [...svg.querySelectorAll(".edge")],
});

const open = (name: string, element: Element | null): void => {
  const part = element?.closest("[data-node], [data-edge]");
  const state = part?.getAttribute("data-node");
  const edge = part?.getAttribute("data-edge");
  if (edge)
    inspect({ agent: name, edge, title: `${name}: ${part?.querySelector("title")?.textContent ?? edge}` });
  else if (state) inspect({ agent: name, state, title: `${name}: ${state}` });
  else inspect({ agent: name, title: name });
};

const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** @returns true if the key moved the focus */
const moveFocus = (svg: Element, key: string): boolean => {
  const states = [...svg.querySelectorAll<SVGGElement>(".node")].filter(({ dataset }) => dataset.node !== "");
  const step = steps[key];
  if (step === undefined || states.length === 0) return false;
  const here = states.indexOf(document.activeElement as SVGGElement);
  const next = here === -1 ? (step === 1 ? 0 : -1) : here + step;
  states.at(next % states.length)?.focus();
  return true;
};

export interface ChartViewProps {
  readonly chart: Chart;
  readonly agent: ReadonlySignal<AgentView>;
}

export const ChartView = ({ chart, agent }: ChartViewProps): VNode => {
  const frame = useRef<HTMLDivElement>(null);
  const { agent: name } = agent.peek();
  useEffect(() => {
    if (frame.current === null) return;
    const elements = elementsOf(frame.current);
    let before: AgentView | undefined;
    return effect(() => {
      light(elements, before, agent.value);
      before = agent.value;
    });
  }, [chart, agent]);
  const press = (event: KeyboardEvent) => {
    const isOpening = event.key === "Enter" || event.key === " ";
    if (isOpening) open(name, document.activeElement);
    if (isOpening || moveFocus(event.currentTarget as Element, event.key)) event.preventDefault();
  };
  const click = (event: MouseEvent) => open(name, event.target as Element);
  return html`<div class="chart-frame" ref=${frame} onClick=${click} onKeyDown=${press}>
    ${h(Drawing, { chart, name })}
  </div>`;
};

/** The arrow head shared by all charts. */
export const ArrowHead = (): VNode => html`<svg class="unseen" aria-hidden="true"><defs>
  <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
    <path d="M0 0L8 4L0 8Z" />
  </marker>
</defs></svg>`;
