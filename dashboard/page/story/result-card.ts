/** The end of a run as a card: measuring with its progress, then what the models have learned and what it cost. */
import type { VNode } from "preact";
import type { BeforeAfter, Headline, ResultView } from "../../view.ts";
import { count, duration, percent, plural } from "../format.ts";
import { h, html } from "../html.ts";
import { Explained, Term } from "../parts/term.ts";
import { formatRoute } from "../route.ts";
import { run } from "../state/playback.ts";
import { ended, headline } from "../state/shown.ts";

/** Maximum number of models with a row of their own. */
const maximumRows = 16;

const gain = ({ before, after }: BeforeAfter): string => {
  const points = 100 * (after - before);
  if (Math.abs(points) < 0.05) return "0.0";
  return `${points < 0 ? "−" : "+"}${Math.abs(points).toFixed(1)}`;
};

const toneOf = (pair: BeforeAfter): string => {
  const sign = gain(pair)[0];
  return sign === "+" ? "gain" : sign === "−" ? "loss" : "quiet";
};

const Row = (name: VNode | string, pair: BeforeAfter): VNode => html`<tr key=${String(name)}>
  <th scope="row">${name}</th>
  <td class="number">${percent(pair.before, 1)}</td>
  <td class="number"><strong>${percent(pair.after, 1)}</strong></td>
  <td class=${`number ${toneOf(pair)}`}>${gain(pair)}</td>
</tr>`;

const Table = (caption: string, rows: readonly VNode[]): VNode | null =>
  rows.length === 0
    ? null
    : html`<table>
        <caption>${caption}</caption>
        <thead><tr><th scope="col"><span class="unseen">what</span></th><th scope="col" class="number">before</th><th scope="col" class="number">after</th><th scope="col" class="number">points</th></tr></thead>
        <tbody>${rows}</tbody>
      </table>`;

const setName = ({ set, kind }: ResultView["sets"][number]): VNode | string => {
  if (kind === "elite-shot") return h(Term, { word: "examples", text: "with the group's examples" });
  const meaning = run.value?.aboutBenchmarks[set];
  return meaning === undefined ? set : h(Explained, { text: set, meaning });
};

const Facts = ({
  precision,
  raw,
  tokens,
  seconds,
  settled,
  updates,
}: Headline): VNode => html`<dl class="result-facts">
  ${precision === undefined ? null : html`<div><dt>${h(Term, { word: "consensus", text: "Right when all agreed" })}</dt><dd>${percent(precision, 1)} <span class="quiet">of all solutions: ${percent(raw, 1)}</span></dd></div>`}
  <div><dt>Questions</dt><dd>${count(settled)}</dd></div>
  <div><dt>Trainings</dt><dd>${count(updates)}</dd></div>
  <div><dt>${h(Term, { word: "tokens", text: "Tokens" })}</dt><dd>${count(tokens)}</dd></div>
  <div><dt>Time</dt><dd>${duration(seconds)}</dd></div>
</dl>`;

const Measured = (now: Headline, result: ResultView): VNode => html`<div class="result-body">
  <div class="result-tables">
    <div class="result-sum">
      <p class="accuracy-line">${percent(result.mean.before)} <span class="arrow">→</span> <span class="newest">${percent(result.mean.after)}</span></p>
      <p class="quiet">right first answers of ${plural(result.models.length, "model")} on ${count(result.problems)} problems that none has seen, before and after the run</p>
      ${Table(
        "Each model",
        result.models.slice(0, maximumRows).map((one) => Row(one.model, one)),
      )}
      ${Facts(now)}
    </div>
    ${Table(
      "Other problems and roles, mean",
      result.sets.map((one) => Row(setName(one), one)),
    )}
  </div>
  ${Object.entries(result.unmeasured).map(([model, cause]) => html`<p class="quiet" key=${model}>${model} could not be measured: ${cause}</p>`)}
  <p><a href=${formatRoute({ page: "growth" })}>How it went, round by round</a></p>
</div>`;

const Progress = ({
  answered,
  planned,
}: NonNullable<Headline["measuring"]>): VNode => html`<div class="measuring">
  <p>${h(Term, { word: "measuring", text: "Measuring" })} what was learned: <strong>${count(answered)} of ${count(planned)} answers</strong></p>
  <progress max=${planned} value=${answered} aria-label="Measured answers"></progress>
</div>`;

const Body = (now: Headline): VNode => {
  if (now.measuring !== undefined) return Progress(now.measuring);
  if (now.result !== undefined) return Measured(now, now.result);
  return html`<div class="result-body">
    ${now.isInterrupted ? html`<p>Measuring was interrupted; a resumed run goes on with it.</p>` : null}
    ${Facts(now)}
  </div>`;
};

/** Large numbers in the reason of the end, such as the tokens spent, are written like all others. */
const reasonText = (reason: string): string =>
  reason.replaceAll(/\d{4,}/g, (digits) => count(Number(digits)));

export const ResultCard = (): VNode | null => {
  const now = headline.value;
  if (now === undefined || ended.value === undefined) return null;
  return html`<section class="panel result" aria-labelledby="result-title">
    <h2 id="result-title">The run has ended <small>${reasonText(ended.value)}</small></h2>
    ${Body(now)}
  </section>`;
};
