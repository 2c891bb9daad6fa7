/** Messages as they flow between the agents: the picture, its legend and the same as a table. */
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { h, html } from "../html.ts";
import { run } from "../state/playback.ts";
import { FlowAnimation, hovered, inspectArrow } from "./flow-animation.ts";
import { FlowLegend } from "./flow-legend.ts";
import { FlowTable } from "./flow-table.ts";

const Pointed = (): VNode => {
  const arrow = hovered.value;
  const text =
    arrow === undefined ? "" : `${arrow.from} → ${arrow.to}: ${[...arrow.types.keys()].join(", ")}`;
  return html`<p class="flow-pointed">${text}</p>`;
};

const Picture = (): VNode => {
  const ground = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (ground.current === null || above.current === null) return;
    const animation = new FlowAnimation(ground.current, above.current);
    return () => animation.close();
  }, []);
  return html`<div class="flow-picture">
    <canvas ref=${ground} aria-hidden="true"></canvas>
    <canvas ref=${above} role="img" aria-label="Messages as they flow; the table below says the same"></canvas>
    ${h(Pointed, {})}
  </div>`;
};

/** Single messages are not journaled: they are seen while a run is live. */
export const FlowView = (): VNode | null =>
  run.value?.live !== true
    ? null
    : html`<section class="flow panel" aria-labelledby="flow-title">
        <h2 id="flow-title">Messages <small>who speaks to whom</small></h2>
        <div class="flow-body">${h(Picture, {})} ${h(FlowLegend, {})}</div>
        ${h(FlowTable, { onOpen: inspectArrow })}
      </section>`;
