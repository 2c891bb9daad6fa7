/** Whether the models get better: their accuracy before training and after each generation of it. */
import type { VNode } from "preact";
import type { AccuracyLine, Headline } from "../../view.ts";
import { count, percent, plural } from "../format.ts";
import { h, html } from "../html.ts";
import { Term } from "../parts/term.ts";
import { headline, isOn, playedAt, run, shownAt } from "../state/shown.ts";
import { AccuracyChart } from "./accuracy-chart.ts";

/** Maximum numbers of the large line: the first one and the newest ones. */
const maximumNumbers = 4;

type Mean = AccuracyLine["mean"];

export const numbersShown = (mean: Mean): readonly (Mean[number] | "…")[] => {
  const [first] = mean;
  if (first === undefined || mean.length <= maximumNumbers) return mean;
  return [first, "…", ...mean.slice(-(maximumNumbers - 2))];
};

const Numbers = ({ mean }: AccuracyLine): VNode => {
  const shown = numbersShown(mean);
  return html`<p class=${shown.length > 3 ? "accuracy-line long-line" : "accuracy-line"}>
    ${shown.map((one, index) => {
      const isNewest = index === shown.length - 1;
      const number = html`<span class=${isNewest ? "newest" : ""}>${one === "…" ? "…" : percent(one.accuracy)}</span>`;
      return index === 0 ? number : [html`<span class="arrow">→</span>`, number];
    })}
  </p>`;
};

const isAnchored = (): boolean => isOn("externalAnchor");

const Unmeasured = (): VNode => html`<div>
  <p class="accuracy-line waiting-line">${isAnchored() ? "measuring the start …" : "measured at the end"}</p>
  <p class="quiet">${
    isAnchored()
      ? html`Every model first answers problems that none will train on. They are asked again after each training: the share of ${h(Term, { word: "accuracy", text: "right answers" })} shows whether it has learned.`
      : html`Every model then answers problems that none has seen, with its first and its last version.`
  }</p>
</div>`;

const Row = ({ model, points }: AccuracyLine["models"][number], index: number): VNode => {
  const [first] = points;
  const last = points.at(-1);
  if (last === undefined)
    return html`<li key=${model}>
      <span class="line-key" aria-hidden="true"></span><span class="name">${model}</span> <span class="quiet">not measured yet</span>
    </li>`;
  return html`<li key=${model}>
    <span class=${`line-key line-${index + 1}`} aria-hidden="true"></span>
    <span class="name">${model}</span>
    <span>${percent(first?.accuracy)}${points.length > 1 ? html` → <strong>${percent(last.accuracy)}</strong>` : null}</span>
    ${last.adapter === 0 ? null : html`<span class="quiet">v${last.adapter}</span>`}
  </li>`;
};

const About = ({ problems, measured, mean, models }: AccuracyLine): VNode => html`<p class="quiet">
  ${h(Term, { word: "accuracy", text: "right answers" })} on ${count(problems)} problems kept apart, mean of ${plural(measured, "model")}${measured < models.length ? " so far" : ""}${mean.length > 1 ? ": before training, and after each one" : ", before any training"}
</p>`;

const Next = ({ buffer, training }: Headline): VNode => {
  const isTraining = training.length > 0;
  return html`<div class="next">
    <p>${isTraining ? html`<strong>Training now:</strong> ${training.length > 4 ? `${count(training.length)} models` : training.join(", ")}` : html`${h(Term, { word: "kept", text: "Kept for training" })}: <strong>${count(buffer.waiting)} of ${count(buffer.threshold)}</strong>`}</p>
    ${isTraining ? null : html`<progress max=${buffer.threshold} value=${Math.min(buffer.waiting, buffer.threshold)} aria-label="Kept solutions"></progress>`}
    <p class="quiet">${isTraining ? "on the solutions that all agreed on; the others go on playing" : "then every model trains on them"}</p>
  </div>`;
};

/** At times of the run. */
const playedModels = ({ models }: AccuracyLine): AccuracyLine["models"] =>
  models.map(({ model, points }) => ({
    model,
    points: points.map((point) => ({ ...point, at: playedAt(point.at) })),
  }));

export const AccuracyView = (): VNode | null => {
  const now = headline.value;
  if (now === undefined) return null;
  const { accuracy } = now;
  const isMeasured = accuracy.mean.length > 0;
  return html`<section class="panel accuracy" aria-labelledby="accuracy-title">
    <h2 id="accuracy-title">Do they get better?</h2>
    ${isMeasured ? Numbers(accuracy) : Unmeasured()}
    ${isMeasured ? About(accuracy) : null}
    ${isMeasured ? h(AccuracyChart, { models: playedModels(accuracy), from: run.value?.startedAt ?? 0, to: shownAt.value }) : null}
    ${isMeasured || isAnchored() ? html`<ul class="accuracy-rows">${accuracy.models.map(Row)}</ul>` : null}
    ${isOn("lora") ? Next(now) : null}
  </section>`;
};
