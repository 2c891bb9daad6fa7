/** The replay bar: a time slider, play, pause, step and speed. */
import type { VNode } from "preact";
import { sinceStart, timeOfDay } from "../format.ts";
import { h, html } from "../html.ts";
import * as playback from "../state/playback.ts";
import { clockAt, shownAt } from "../state/shown.ts";

const Slider = (): VNode => {
  const { run, newestAt, moment } = playback;
  const startedAt = run.value?.startedAt ?? 0;
  const at = moment.value ?? newestAt.value;
  const text = `${sinceStart((at - startedAt) / 1000)} into the run, ${timeOfDay(clockAt(at))}`;
  return html`<input
    type="range"
    class="time"
    aria-label="Time in the run"
    aria-valuetext=${text}
    min=${startedAt}
    max=${Math.max(newestAt.value, startedAt + 1)}
    step="any"
    value=${at}
    onInput=${(event: Event) => playback.seek(Number((event.currentTarget as HTMLInputElement).value))}
  />`;
};

const Clock = (): VNode => {
  const startedAt = playback.run.value?.startedAt ?? 0;
  const at = playback.moment.value ?? shownAt.value;
  const length = playback.newestAt.value - startedAt;
  return html`<span class="clock"><strong>${sinceStart((at - startedAt) / 1000)}</strong> <span class="quiet">/ ${sinceStart(length / 1000)}</span></span>`;
};

const Speed = (): VNode => html`<label class="speed">
  <span class="unseen">Speed</span>
  <select
    value=${String(playback.speed.value)}
    onChange=${(event: Event) => playback.setSpeed(Number((event.currentTarget as HTMLSelectElement).value))}
  >
    ${playback.speeds.map((factor) => html`<option value=${String(factor)}>${factor}×</option>`)}
  </select>
</label>`;

export const ReplayBar = (): VNode | null => {
  const { run, isFollowing, playing, isLive } = playback;
  if (run.value === undefined) return null;
  const moves = isFollowing.value ? isLive.value : playing.value;
  return html`<section class="replay" aria-label="Time">
    <button type="button" class="icon" aria-label=${moves ? "Pause the view" : "Play"} title="Space" onClick=${moves ? playback.pause : playback.play}>
      ${moves ? "❚❚" : "▶"}
    </button>
    <button type="button" class="icon" aria-label="Step" title="one step" onClick=${playback.step}>❚▶</button>
    ${h(Slider, {})}
    ${h(Clock, {})}
    ${h(Speed, {})}
    ${
      isLive.value
        ? html`<button type="button" class="live" disabled=${isFollowing.value} onClick=${playback.follow}>● live</button>`
        : null
    }
  </section>`;
};
