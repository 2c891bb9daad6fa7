/** Messages as they flow between the agents: the picture, its legend and the same as a table. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { h, html } from "../html.ts";
import { agentOf, isShortLived, roster } from "../state/agents.ts";
import { inspect } from "../state/inspected.ts";
import { reducedMotion, theme } from "../theme.ts";
import { FlowLegend, hiddenFamilies } from "./flow-legend.ts";
import { FlowTable } from "./flow-table.ts";
import { type Arrow, ledger, questionsPlace } from "./ledger.ts";
import { FlowPainter } from "./painter.ts";
import { placesIn, type Standing } from "./places.ts";

/** Between two pictures of the arrows [ms]. */
const pause = 250;

const hovered = signal<Arrow | undefined>(undefined);

const standings = (): Standing[] =>
  roster.value
    .flatMap((name) => agentOf(name)?.peek() ?? [])
    .filter((view) => !isShortLived(view))
    .map(({ agent, member }) => ({ name: agent, isMember: member }));

const isBusy = (name: string): boolean => {
  const role = agentOf(name)?.peek().role;
  return role !== undefined && role !== "idle";
};

const inspectArrow = ({ from, to, family, types }: Arrow): void =>
  inspect({ agent: to, types: [...types.keys()], title: `${from} → ${to}: ${family.about}` });

/** Runs the animation for as long as the canvases are mounted; nothing is drawn while they are out of sight. */
const animate = (ground: HTMLCanvasElement, above: HTMLCanvasElement): (() => void) => {
  const [below, top] = [ground.getContext("2d"), above.getContext("2d")];
  if (below === null || top === null) return () => {};
  const painter = new FlowPainter(below, top);
  let [width, height, isSeen, frame, paintedAt] = [0, 0, true, 0, 0];
  const place = () => painter.place(placesIn(width, height, standings(), questionsPlace));
  const paint = (now: number) => {
    const elapsed = now - paintedAt;
    paintedAt = now;
    const hidden = hiddenFamilies.peek();
    const arrows = ledger.advance(elapsed / 1000).filter(({ family }) => !hidden.has(family.name));
    const spread = reducedMotion.peek() ? 0 : pause;
    painter.paintArrows(arrows, { isBusy, highlight: hovered.peek() }, now, spread);
    ledger.settle();
  };
  const turn = (now: number) => {
    frame = requestAnimationFrame(turn);
    if (!isSeen || width === 0) return;
    if (now - paintedAt >= pause) paint(now);
    if (!reducedMotion.peek()) painter.paintDots(now);
  };
  const resized = new ResizeObserver(([entry]) => {
    if (entry === undefined) return;
    ({ width, height } = entry.contentRect);
    painter.resize(width, height);
    place();
  });
  const seen = new IntersectionObserver(([entry]) => {
    isSeen = entry?.isIntersecting ?? true;
  });
  resized.observe(ground);
  seen.observe(ground);
  const unwatch = [theme.subscribe(() => painter.readColours()), roster.subscribe(place)];
  const pointAt = (event: PointerEvent) => {
    hovered.value = painter.arrowAt(event.offsetX, event.offsetY);
    above.classList.toggle("is-over", hovered.value !== undefined);
  };
  const click = (event: MouseEvent) => {
    const found = painter.placeAt(event.offsetX, event.offsetY);
    const arrow = painter.arrowAt(event.offsetX, event.offsetY);
    if (found !== undefined) inspect({ agent: found.name, title: found.name });
    else if (arrow !== undefined) inspectArrow(arrow);
  };
  above.addEventListener("pointermove", pointAt);
  above.addEventListener("click", click);
  frame = requestAnimationFrame(turn);
  return () => {
    cancelAnimationFrame(frame);
    resized.disconnect();
    seen.disconnect();
    for (const stop of unwatch) stop();
  };
};

const Pointed = (): VNode => {
  const arrow = hovered.value;
  const text =
    arrow === undefined ? "" : `${arrow.from} → ${arrow.to}: ${[...arrow.types.keys()].join(", ")}`;
  return html`<p class="flow-pointed">${text}</p>`;
};

export const FlowView = (): VNode => {
  const ground = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (ground.current === null || above.current === null) return;
    return animate(ground.current, above.current);
  }, []);
  return html`<section class="flow panel" aria-labelledby="flow-title">
    <h2 id="flow-title">Messages between the agents</h2>
    <div class="flow-body">
      <div class="flow-picture">
        <canvas ref=${ground} aria-hidden="true"></canvas>
        <canvas ref=${above} role="img" aria-label="Messages as they flow; the table below says the same"></canvas>
        ${h(Pointed, {})}
      </div>
      ${h(FlowLegend, {})}
    </div>
    ${h(FlowTable, { onOpen: inspectArrow })}
  </section>`;
};
