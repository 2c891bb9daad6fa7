/** The panel of acts: settings for the next round, adapters, forks, the questions asked and the log. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { ActLine, ActsView, AskedLine } from "../../acts-view.ts";
import { percent, timeOfDay, versioned } from "../format.ts";
import { h, html } from "../html.ts";
import { formatRoute } from "../route.ts";
import { Prose } from "../text/prose.ts";
import { Confirmed } from "./confirmed.ts";
import { Fork } from "./fork.ts";
import { isActing, perform } from "./perform.ts";

interface Viewed {
  readonly view: ActsView;
}

const textIn = (event: Event): string => (event.currentTarget as HTMLInputElement | HTMLSelectElement).value;

const Difficulty = ({ view: { difficulty, range } }: Viewed): VNode => {
  const [value, setValue] = useState<string | undefined>(undefined);
  const shown = value ?? String(Number(difficulty.toFixed(2)));
  const submit = (event: Event): void => {
    event.preventDefault();
    void perform({ act: "set", difficulty: Number(shown) }).then(() => setValue(undefined));
  };
  return html`<form class="act-setting" onSubmit=${submit}>
    <label>
      <span>Difficulty</span>
      <input type="number" step="any" min=${range[0]} max=${range[1]} value=${shown} onInput=${(event: Event) => setValue(textIn(event))} />
    </label>
    <button type="submit" disabled=${isActing.value || value === undefined}>Set</button>
  </form>`;
};

const Strategy = ({ view: { strategy } }: Viewed): VNode => html`<label class="act-setting">
  <span>Strategy</span>
  <select value=${strategy} disabled=${isActing.value} onChange=${(event: Event) => void perform({ act: "set", strategy: textIn(event) })}>
    ${["explore", "elite", "fresh"].map((name) => html`<option value=${name}>${name}</option>`)}
  </select>
</label>`;

const Switches = ({ view: { components } }: Viewed): VNode => html`<fieldset class="act-switches">
  <legend>Components</legend>
  ${Object.entries(components).map(
    ([name, isOn]) => html`<label key=${name}>
      <input
        type="checkbox" checked=${isOn} disabled=${isActing.value}
        onChange=${() => void perform({ act: "set", components: { [name]: !isOn } })}
      />
      <code>${name}</code>
    </label>`,
  )}
</fieldset>`;

const Settings = ({ view }: Viewed): VNode => html`<section aria-labelledby="act-settings">
  <h3 id="act-settings">From the next round</h3>
  ${h(Difficulty, { view })}
  ${h(Strategy, { view })}
  ${h(Switches, { view })}
  ${view.waiting.length === 0 ? null : html`<p class="quiet">The next round opens with ${view.waiting.join(" ")}.</p>`}
</section>`;

const Adapter = ({
  model,
  version,
  before,
  job,
}: ActsView["adapters"][number]): VNode => html`<li key=${model}>
  <strong>${versioned(model, version)}</strong>
  ${
    version === 0
      ? null
      : h(Confirmed, {
          label: "Roll back",
          question: `Let ${model} go back to ${versioned(model, before)}?`,
          onYes: () => void perform({ act: "rollback", model }),
        })
  }
  ${
    job === undefined
      ? null
      : h(Confirmed, {
          label: "Reject",
          question: `Never publish ${job}, which is being made?`,
          onYes: () => void perform({ act: "reject", model }),
        })
  }
</li>`;

const Adapters = ({ view: { adapters } }: Viewed): VNode => html`<section aria-labelledby="act-adapters">
  <h3 id="act-adapters">Adapters</h3>
  <ul class="act-adapters">${adapters.map(Adapter)}</ul>
</section>`;

const ForkNow = ({ view: { components } }: Viewed): VNode => html`<section aria-labelledby="act-fork">
  <h3 id="act-fork">Fork</h3>
  ${h(Fork, { components })}
</section>`;

const Asked = ({ question, text, operator, answer, confidence, answeredAt, reason }: AskedLine): VNode => {
  const verdict = answer === undefined ? "no verdict" : `${answer} (${percent(confidence)})`;
  return html`<li key=${question}>
    <a href=${formatRoute({ page: "questions", id: question })}>${h(Prose, { text, plain: true })}</a>
    <span>${answeredAt === undefined ? "under way" : verdict}</span>
    <span class="quiet">${operator}${reason === undefined ? "" : ": "}${h(Prose, { text: reason ?? "", plain: true })}</span>
  </li>`;
};

const Line = ({ act, at, operator, text, question }: ActLine): VNode => html`<li key=${act}>
  <time class="quiet">${timeOfDay(at)}</time> <strong>${h(Prose, { text: operator, plain: true })}</strong>
  ${
    question === undefined
      ? html`<span>${h(Prose, { text, plain: true })}</span>`
      : html`<a href=${formatRoute({ page: "questions", id: question })}>${h(Prose, { text, plain: true })}</a>`
  }
</li>`;

const List = (id: string, title: string, lines: readonly VNode[]): VNode | null =>
  lines.length === 0
    ? null
    : html`<section aria-labelledby=${id}><h3 id=${id}>${title}</h3><ul class="act-lines">${lines}</ul></section>`;

export const ActsPanel = ({ view }: Viewed): VNode => html`<div class="act-panel panel" id="acts-panel">
  ${h(Settings, { view })}
  ${h(Adapters, { view })}
  ${h(ForkNow, { view })}
  ${List("act-asked", "Asked", view.asked.slice(0, 20).map(Asked))}
  ${List("act-log", "Log of acts", view.log.slice(0, 100).map(Line))}
</div>`;
