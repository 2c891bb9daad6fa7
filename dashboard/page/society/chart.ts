/**
 * A card's statechart. Active states are marked by changing classes on its elements.
 *
 * 1. A chart is one tab stop: arrow keys move between states, Enter opens a state's events.
 * 2. An active state differs in weight, outline and a mark, not only in colour.
 */
import { effect, type ReadonlySignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { AgentView, Chart } from "../../view.ts";
import { h, html } from "../html.ts";
import { inspect } from "../state/inspected.ts";
import { Drawing } from "./chart-drawing.ts";
import { elementsOf, light } from "./chart-light.ts";

/** The state or arrow of a chart's element. */
export interface ChartPart {
  readonly state?: string;
  readonly edge?: string;
  readonly label: string;
}

export const partAt = (element: Element | null): ChartPart | undefined => {
  const part = element?.closest("[data-node], [data-edge]");
  const [state, edge] = [part?.getAttribute("data-node"), part?.getAttribute("data-edge")];
  if (edge) return { edge, label: part?.querySelector("title")?.textContent ?? edge };
  return state ? { state, label: state } : undefined;
};

const open = (name: string, element: Element | null): void => {
  const { label, ...part } = partAt(element) ?? { label: "" };
  inspect({ agent: name, ...part, title: label === "" ? name : `${name}: ${label}` });
};

const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** @returns the state that has the focus now; undefined if the key does not move it */
export const moveFocus = (svg: Element, key: string): SVGGElement | undefined => {
  const states = [...svg.querySelectorAll<SVGGElement>(".node")].filter(({ dataset }) => dataset.node !== "");
  const step = steps[key];
  if (step === undefined || states.length === 0) return undefined;
  const here = states.indexOf(document.activeElement as SVGGElement);
  const next = here === -1 ? (step === 1 ? 0 : -1) : here + step;
  const state = states.at(next % states.length);
  state?.focus({ preventScroll: svg.querySelector(".stage") !== null });
  return state;
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
