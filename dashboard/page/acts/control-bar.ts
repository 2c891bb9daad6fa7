/** What a person may do to a live run: pause, step and stop it, ask it, and more in a panel. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import type { ActsView } from "../../acts-view.ts";
import { h, html } from "../html.ts";
import { isFollowing, isLive } from "../state/playback.ts";
import { useResource } from "../state/resource.ts";
import { AskBox } from "./ask-box.ts";
import { Confirmed } from "./confirmed.ts";
import { ForkFromHere } from "./fork.ts";
import { ActsPanel } from "./panel.ts";
import { isActing, outcome, perform } from "./perform.ts";

const isOpen = signal(false);

const Act = (label: string, act: string, title: string): VNode => html`<button
  type="button" title=${title} disabled=${isActing.value} onClick=${() => void perform({ act })}
>${label}</button>`;

const stateOf = ({ paused, steps, pausedBy }: ActsView): string | undefined => {
  if (!paused) return undefined;
  if (steps > 0) return `${steps === 1 ? "one more round" : `${steps} more rounds`}, then paused`;
  return `run paused${pausedBy === undefined ? "" : ` by ${pausedBy}`}`;
};

const Outcome = (): VNode | null => {
  const last = outcome.value;
  if (last === undefined) return null;
  return html`<p class=${last.isRefused ? "act-outcome refused" : "act-outcome"} role=${last.isRefused ? "alert" : "status"}>
    ${last.text}
    <button type="button" class="icon" aria-label="Close this note" onClick=${() => {
      outcome.value = undefined;
    }}>×</button>
  </p>`;
};

const Bar = ({ view }: { view: ActsView }): VNode => {
  const state = stateOf(view);
  return html`<section class="acts" aria-label="Acts on the run">
    <div class="act-bar">
      ${
        view.paused
          ? Act("▶ Resume run", "resume", "Let the run play on")
          : Act("❚❚ Pause run", "pause", "Play out this round, then wait")
      }
      ${Act("One round", "step", "Play one round, then wait")}
      ${h(Confirmed, {
        label: "Stop run",
        question: "Stop the run? Calls under way are aborted; agora resume continues it.",
        onYes: () => void perform({ act: "stop" }),
      })}
      ${state === undefined ? null : html`<span class="act-state" role="status">${state}</span>`}
      ${h(AskBox, {})}
      <button type="button" aria-expanded=${isOpen.value} aria-controls="acts-panel" onClick=${() => {
        isOpen.value = !isOpen.value;
      }}>${isOpen.value ? "Less" : "More"}</button>
    </div>
    ${h(Outcome, {})}
    ${isOpen.value ? h(ActsPanel, { view }) : null}
  </section>`;
};

/** Of a replay, of an ended run, and of an earlier time. */
const PastBar = ({
  view,
}: {
  view: ActsView;
}): VNode => html`<section class="past-acts" aria-label="Acts on the run">
  ${h(ForkFromHere, { view })}
  ${h(Outcome, {})}
</section>`;

/** While the newest moment of a live run is shown, all acts; otherwise forks only. */
export const ControlBar = (): VNode | null => {
  const { data } = useResource<ActsView>("api/acts", "acts");
  const view = data.value;
  if (view === undefined) return null;
  return isLive.value && isFollowing.value ? h(Bar, { view }) : h(PastBar, { view });
};
