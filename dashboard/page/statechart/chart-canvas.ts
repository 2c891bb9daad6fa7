/** The enlarged chart in its frame, with the buttons and keys that move and zoom it. */
import {
  batch,
  effect,
  type ReadonlySignal,
  type Signal,
  signal,
  untracked,
  useComputed,
} from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { AgentView, Chart, TransitionCounts } from "../../view.ts";
import { h, html } from "../html.ts";
import { moveFocus, partAt } from "../society/chart.ts";
import { LargeDrawing } from "../society/chart-drawing.ts";
import { baseOf, type Elements, elementsOf, light, markArrows, writeTimes } from "../society/chart-light.ts";
import { Gestures } from "./gestures.ts";
import { pointed, selected } from "./selection.ts";
import { clamped, fitted, moved, type Point, readable, showing, type Viewport, zoomed } from "./viewport.ts";

export interface ChartCanvasProps {
  readonly chart: Chart;
  readonly agent: ReadonlySignal<AgentView>;
  readonly counts: ReadonlySignal<TransitionCounts | undefined>;
}

const zoomStep = 1.25;
/** Movement per key press [px]. */
const panStep = 80;

/** The middle of the first active state that has no active substate. */
const activePoint = ({ nodes, width, height }: Chart, { active }: AgentView): Point => {
  const innermost = nodes.find(
    ({ id }) => active.includes(id) && !active.some((other) => other.startsWith(`${id}.`)),
  );
  if (innermost === undefined) return { x: width / 2, y: height / 2 };
  return { x: innermost.x + innermost.width / 2, y: innermost.y + innermost.height / 2 };
};

/** The substate in which most of a crowd is, or the innermost active state. */
const busiestState = ({ active, counts }: AgentView): string | undefined => {
  if (counts === undefined)
    return active.findLast((id) => !active.some((other) => other.startsWith(`${id}.`)));
  return Object.entries(counts).toSorted(([, a], [, b]) => b - a)[0]?.[0];
};

/** Moves and zooms one chart in one frame. */
class Camera {
  /** Until the reader moves the chart, the busiest state of a chart with one region stays in the frame. */
  #isFollowing = true;
  readonly viewport: Signal<Viewport> = signal({ x: 0, y: 0, scale: 1 });
  readonly #chart: Chart;
  readonly #agent: ReadonlySignal<AgentView>;
  frame = { width: 0, height: 0 };

  constructor(chart: Chart, agent: ReadonlySignal<AgentView>) {
    this.#chart = chart;
    this.#agent = agent;
  }

  /** The first size shows the chart legibly; a later one keeps what is shown. */
  resize(width: number, height: number): void {
    const isFirst = this.frame.width === 0;
    this.frame = { width, height };
    if (isFirst) this.read();
    else this.#set(this.viewport.peek());
  }

  read(): void {
    this.#isFollowing = true;
    this.#set(readable(this.#chart, this.frame, activePoint(this.#chart, this.#agent.peek())));
  }

  fit(): void {
    this.#isFollowing = false;
    this.#set(fitted(this.#chart, this.frame));
  }

  zoom(factor: number, at: Point = { x: this.frame.width / 2, y: this.frame.height / 2 }): void {
    this.#isFollowing = false;
    this.#set(zoomed(this.viewport.peek(), factor, at));
  }

  move(by: Point): void {
    this.#isFollowing = false;
    this.#set(moved(this.viewport.peek(), by));
  }

  followTo(view: AgentView): void {
    const isParallel = this.#chart.nodes[0]?.kind === "parallel";
    const state = busiestState(view);
    if (this.#isFollowing && !isParallel && state !== undefined && this.frame.width > 0) this.show(state);
  }

  show(state: string): void {
    const node = this.#chart.nodes.find(({ id }) => id === state);
    if (node !== undefined) this.#set(showing(this.viewport.peek(), node, this.frame));
  }

  #set(viewport: Viewport): void {
    this.viewport.value = clamped(viewport, this.#chart, this.frame);
  }
}

const pans: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: panStep, y: 0 },
  ArrowRight: { x: -panStep, y: 0 },
  ArrowUp: { x: 0, y: panStep },
  ArrowDown: { x: 0, y: -panStep },
};

/** @returns true for a key that the camera knows */
const steer = (camera: Camera, { key, shiftKey }: KeyboardEvent): boolean => {
  const pan = shiftKey ? pans[key] : undefined;
  if (pan !== undefined) camera.move(pan);
  else if (key === "+" || key === "=") camera.zoom(zoomStep);
  else if (key === "-") camera.zoom(1 / zoomStep);
  else if (key === "0") camera.fit();
  else if (key === "1") camera.read();
  else return false;
  return true;
};

const markSelected = ({ nodes }: Elements): void => {
  for (const [id, node] of nodes) node.classList.toggle("chosen", selected.value?.state === id);
};

const followMark = (elements: Elements, mark: string, arrows: () => readonly string[]): (() => void) => {
  let before: readonly string[] = [];
  return effect(() => {
    const now = arrows();
    markArrows(elements, mark, before, now);
    before = now;
  });
};

/** Keeps the drawn chart up to date; returns the way to stop. */
const follow = (svg: Element, { agent, counts }: ChartCanvasProps, camera: Camera): (() => void) => {
  const elements = elementsOf(svg);
  const stage = svg.querySelector(".stage");
  let before: AgentView | undefined;
  const stops = [
    effect(() => {
      const { x, y, scale } = camera.viewport.value;
      stage?.setAttribute(
        "transform",
        `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${scale.toFixed(4)})`,
      );
    }),
    effect(() => {
      light(elements, before, agent.value);
      before = agent.value;
      untracked(() => camera.followTo(agent.value));
    }),
    effect(() => writeTimes(elements, counts.value ?? {})),
    effect(() => markSelected(elements)),
    followMark(elements, "chosen", () => {
      const { edge } = selected.value ?? {};
      return edge === undefined ? [] : [baseOf(edge)];
    }),
    followMark(elements, "pointed", () => pointed.value),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};

const FitIcon = (): VNode => html`<svg class="fit-icon" viewBox="0 0 16 16" aria-hidden="true">
  <path d="M2 6V2H6M10 2H14V6M14 10V14H10M6 14H2V10" />
</svg>`;

const Zoom = ({ camera }: { camera: Camera }): VNode => {
  const scale = useComputed(() => `${Math.round(100 * camera.viewport.value.scale)}%`);
  const Button = (name: string, text: string | VNode, act: () => void): VNode =>
    html`<button type="button" class="icon" aria-label=${name} title=${name} onClick=${act}>${text}</button>`;
  return html`<div class="zoom" role="group" aria-label="Zoom">
    ${Button("Zoom in", "+", () => camera.zoom(zoomStep))}
    <output class="zoom-scale" aria-label="Scale">${scale}</output>
    ${Button("Zoom out", "−", () => camera.zoom(1 / zoomStep))}
    ${Button("Fit the chart", FitIcon(), () => camera.fit())}
    ${Button("Readable size", "Aa", () => camera.read())}
  </div>`;
};

export const ChartCanvas = (props: ChartCanvasProps): VNode => {
  const { chart, agent } = props;
  const frame = useRef<HTMLDivElement>(null);
  const camera = useMemo(() => new Camera(chart, agent), [chart, agent]);
  useEffect(() => {
    const element = frame.current;
    const svg = element?.querySelector("svg.large");
    if (element === null || !svg) return;
    const sizes = new ResizeObserver(() =>
      batch(() => camera.resize(element.clientWidth, element.clientHeight)),
    );
    sizes.observe(element);
    const gestures = new Gestures(element, camera);
    const stop = follow(svg, props, camera);
    return () => {
      sizes.disconnect();
      gestures.close();
      stop();
    };
  }, [chart, agent]);
  const select = (element: Element | null) => {
    selected.value = partAt(element);
  };
  const press = (event: KeyboardEvent) => {
    const isSelecting = event.key === "Enter" || event.key === " ";
    if (isSelecting) select(document.activeElement);
    const reached =
      isSelecting || event.shiftKey ? undefined : moveFocus(event.currentTarget as Element, event.key);
    if (reached?.dataset.node) camera.show(reached.dataset.node);
    if (isSelecting || reached || steer(camera, event)) event.preventDefault();
  };
  return html`<div class="statechart-frame">
    <div class="statechart-canvas" ref=${frame} onClick=${(event: MouseEvent) => select(event.target as Element)} onKeyDown=${press}>
      ${h(LargeDrawing, { chart, name: agent.peek().agent })}
    </div>
    ${h(Zoom, { camera })}
  </div>`;
};
