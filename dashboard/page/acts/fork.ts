/** A new run of this one's records with a component switched, from now or from an earlier time. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { ActsView } from "../../acts-view.ts";
import { h, html } from "../html.ts";
import { isLive, run } from "../state/playback.ts";
import { Confirmed } from "./confirmed.ts";
import { perform } from "./perform.ts";

/** Components in force, and the round after whose end the new run begins; undefined: with all records. */
interface ForkProps {
  readonly components: ActsView["components"];
  readonly round?: number | undefined;
}

/** A run that nobody plays is forked by a command. */
const Command = ({ setting, round }: { setting: string; round: number | undefined }): VNode => html`<span>
  with <code class="command">agora fork ${run.value?.run}${round === undefined ? "" : ` --round ${round}`} --set ${setting}</code>
</span>`;

export const Fork = ({ components, round }: ForkProps): VNode => {
  const names = Object.keys(components);
  const [name, setName] = useState(names[0] ?? "");
  const isOn = components[name] !== true;
  const setting = `${name}=${isOn}`;
  const records =
    round === undefined ? "all records until now" : `the records up to the end of round ${round}`;
  const choose = (event: Event) => setName((event.currentTarget as HTMLSelectElement).value);
  return html`<p class="act-setting">
    <label><span>New run of ${records} with</span>
      <select value=${name} onChange=${choose}>
        ${names.map((one) => html`<option value=${one}>${one}</option>`)}
      </select>
    </label>
    <span>${isOn ? "on" : "off"}</span>
    ${
      isLive.value
        ? h(Confirmed, {
            label: "Fork",
            question: `Make a new run of ${records}, with ${setting}?`,
            onYes: () =>
              void perform({ act: "fork", set: [setting], ...(round === undefined ? {} : { round }) }),
          })
        : h(Command, { setting, round })
    }
  </p>`;
};

/** While an earlier time is shown. */
export const ForkFromHere = ({ view: { components, closedRound } }: { readonly view: ActsView }): VNode =>
  html`<details class="fork-here">
    <summary>Fork from here</summary>
    ${
      closedRound === undefined
        ? html`<p class="quiet">No round had ended by then: a fork begins after the end of a round.</p>`
        : h(Fork, { components, round: closedRound })
    }
  </details>`;
