/** The experiments of the folder with their arms: a button ticks the runs of an arm. */
import type { VNode } from "preact";
import type { ExperimentLine, ShelfView } from "../../shelf/shelf-view.ts";
import { fileName, savePicture } from "../growth/download.ts";
import { html } from "../html.ts";
import { readText } from "../state/api.ts";
import { settingText } from "./setting.ts";
import { tick, ticked } from "./state.ts";

const keysText = (keys: Readonly<Record<string, unknown>>): string => {
  const text = Object.entries(keys).map(([key, value]) => `${key}: ${settingText(value)}`);
  return text.length === 0 ? "the base configuration" : text.join(", ");
};

const figurePath = (experiment: string, name: string): string =>
  `figure?experiment=${encodeURIComponent(experiment)}&name=${encodeURIComponent(name)}`;

const Figure = (experiment: string, name: string): VNode => html`<li key=${name}>
  <span>${name}</span>
  <a href=${figurePath(experiment, name)} download=${`${name}.svg`}>SVG</a>
  <button
    type="button"
    aria-label=${`${name} as PNG`}
    onClick=${async () => savePicture(await readText(figurePath(experiment, name)), fileName(name, "png"))}
  >PNG</button>
</li>`;

const Experiment = (
  { name, title, arms, planned, begun, hasReport, figures, key }: ExperimentLine,
  { runs, unread }: Pick<ShelfView, "runs" | "unread">,
): VNode => {
  const own = runs.filter(({ experiment, state }) => experiment === name && state !== "unreadable");
  const keysOf = (arm: string) => own.filter((run) => run.arm === arm).map((run) => run.key);
  /** Until all runs are read, an arm has only some of its own. */
  const isClosed = (all: readonly unknown[]) => unread > 0 || all.length === 0;
  const add = (keys: readonly string[]) => tick([...new Set([...ticked.value, ...keys])]);
  return html`<article key=${key} class="panel experiment">
    <h3>${title}</h3>
    <p class="quiet">${name}: ${begun} of ${planned} runs have begun${hasReport ? html`; <a href=${`report?experiment=${encodeURIComponent(key)}`}>its report</a>` : null}</p>
    <ul class="arms" aria-label="Arms">
      ${arms.map(
        (arm) => html`<li key=${arm.name}>
          <button type="button" title=${`Tick the runs of ${arm.name}`} disabled=${isClosed(keysOf(arm.name))} onClick=${() => add(keysOf(arm.name))}>+ ${arm.name}</button>
          <span class="quiet">${keysText(arm.keys)}</span>
        </li>`,
      )}
    </ul>
    ${
      figures.length === 0
        ? null
        : html`<details><summary>Figures of the report</summary><ul class="arms">${figures.map((name) => Figure(key, name))}</ul></details>`
    }
    <button type="button" disabled=${isClosed(own)} onClick=${() => tick(arms.flatMap(({ name: arm }) => keysOf(arm)))}>Compare all arms</button>
  </article>`;
};

export const Experiments = ({ experiments, runs, unread }: ShelfView): VNode | null =>
  experiments.length === 0
    ? null
    : html`<section aria-labelledby="experiments-title">
        <h2 id="experiments-title">Experiments</h2>
        <div class="experiments">${experiments.map((one) => Experiment(one, { runs, unread }))}</div>
      </section>`;
