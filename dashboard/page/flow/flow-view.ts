/** The messages between the agents: a picture, its legend and a table. */
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { h, html } from "../html.ts";
import { run } from "../state/playback.ts";
import { hasFlows } from "../state/shown.ts";
import { FlowAnimation, hovered, inspectArrow } from "./flow-animation.ts";
import { FlowLegend } from "./flow-legend.ts";
import { FlowTable } from "./flow-table.ts";

const ArrowUnderPointer = (): VNode => {
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
    <canvas ref=${above} role="img" aria-label="Message flow between the agents; the table below has the same content"></canvas>
    ${h(ArrowUnderPointer, {})}
  </div>`;
};

/** A replay shows the flow that the run's feed has; a run of an earlier version has none. */
export const FlowView = (): VNode | null =>
  run.value?.live !== true && !hasFlows.value
    ? null
    : html`<section class="flow panel" aria-labelledby="flow-title">
        <h2 id="flow-title">Messages <small>${run.value?.live === true ? "sender and receiver" : "sender and receiver, per second as recorded"}</small></h2>
        <div class="flow-body">${h(Picture, {})} ${h(FlowLegend, {})}</div>
        ${h(FlowTable, { onOpen: inspectArrow })}
      </section>`;
