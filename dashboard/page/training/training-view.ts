/** The training page: jobs, slots, losses and gate results. */
import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { JobView, TrainingView as Training } from "../../view.ts";
import { count, decimal, plural } from "../format.ts";
import type { Figure } from "../growth/figure.ts";
import { lookOf } from "../growth/look.ts";
import { Plot } from "../growth/plot.ts";
import { h, html } from "../html.ts";
import { Waiting } from "../parts/waiting.ts";
import { route } from "../route.ts";
import { useResource } from "../state/resource.ts";
import { isOn, playedAt, run, shownAt } from "../state/shown.ts";
import { plainWord } from "../text/plain-words.ts";
import { chosenJob, Gantt } from "./gantt.ts";
import { JobSamples } from "./job-samples.ts";
import { JobTable } from "./job-table.ts";
import { stageOf } from "./outcome.ts";

/** The selected job, or the jobs of the newest generation with a loss. */
const shownJobs = (jobs: readonly JobView[], chosen: string | undefined): readonly JobView[] => {
  const own = jobs.filter(({ job }) => job === chosen);
  if (own.length > 0) return own;
  const newest = jobs.findLast(({ losses }) => losses.length > 0)?.generation;
  return jobs.filter(({ generation }) => generation === newest);
};

/** Small losses have more decimals. */
const lossText = (loss: number): string =>
  decimal(loss, loss >= 0.1 || loss === 0 ? 2 : loss >= 0.01 ? 3 : 4);

export const lossFigure = (jobs: readonly JobView[]): Figure => {
  const steps = [...new Set(jobs.flatMap(({ losses }) => losses.map(({ step }) => step)))].toSorted(
    (a, b) => a - b,
  );
  return {
    title: "Training loss",
    caption: "The selected job, or the newest generation with one adapter per member (Eq. 3).",
    x: { label: "step", values: steps, format: count },
    left: {
      label: "loss [nats per token]",
      format: lossText,
    },
    curves: jobs.map((job, index) => {
      const byStep = new Map(job.losses.map(({ step, loss }) => [step, loss]));
      return { label: job.job, look: lookOf(index), values: steps.map((step) => byStep.get(step) ?? null) };
    }),
  };
};

/** What comes of it. */
export const fullBuffer = (): string =>
  isOn("lora")
    ? "a full buffer starts one job per member"
    : "training is switched off: a full buffer starts no job";

const Buffer = ({ waiting, threshold }: Training["buffer"]): VNode => html`<p class="buffer">
  <span>Buffer of high-quality samples</span>
  <meter min="0" max=${threshold} value=${Math.min(waiting, threshold)} aria-label="Buffer">${waiting} of ${threshold}</meter>
  <strong>${count(waiting)} of ${count(threshold)}</strong>
  <span class="quiet">${fullBuffer()}</span>
</p>`;

const stages = [
  ...["queued", "leasing", "draining", "sleeping", "training", "waking", "retrying", "loading", "gating"],
  "publishing",
] as const;

const Key = (jobs: readonly JobView[]): VNode => {
  const seen = new Set(jobs.flatMap(({ spans }) => spans.map(({ state }) => stageOf(state))));
  return html`<ul class="stage-key">
    ${stages
      .filter((stage) => seen.has(stage))
      .map(
        (stage) =>
          html`<li><span class=${`span stage-${stage}`} aria-hidden="true"></span> ${plainWord(stage)}</li>`,
      )}
  </ul>`;
};

/** At times of the run. */
const played = (training: Training): Training => ({
  ...training,
  jobs: training.jobs.map((job) => ({
    ...job,
    spans: job.spans.map(({ state, from, to }) => ({
      ...{ state, from: playedAt(from) },
      ...(to === undefined ? {} : { to: playedAt(to) }),
    })),
  })),
});

export const TrainingView = (): VNode => {
  const { data, problem } = useResource<Training>("api/training", "training");
  const training = data.value;
  const asked = route.value.query.job;
  useEffect(() => {
    if (asked !== undefined) chosenJob.value = asked;
  }, [asked]);
  const chosen = chosenJob.value;
  const loss = useMemo(
    () => lossFigure(shownJobs(training?.jobs ?? [], chosenJob.value)),
    [training, chosenJob.value],
  );
  if (training === undefined) return h(Waiting, { what: "the jobs", problem: problem.value });
  const { jobs, buffer, older = 0 } = training;
  return html`<div class="view training">
    <section class="panel" aria-labelledby="gantt-title">
      <h2 id="gantt-title">Jobs by slot</h2>
      ${Buffer(buffer)}
      ${
        jobs.length === 0
          ? html`<p class="nothing">There are no jobs yet${isOn("lora") ? ": the buffer has not been full" : ""}.</p>`
          : h(Gantt, { training: played(training), startedAt: run.value?.startedAt ?? 0, now: shownAt.value })
      }
      ${Key(jobs)}
    </section>
    ${h(Plot, { figure: loss })}
    ${chosen === undefined ? null : h(JobSamples, { key: chosen, job: chosen })}
    ${h(JobTable, { jobs })}
    ${older === 0 ? null : html`<p class="quiet">${plural(older, "older job")}: an earlier time, a replay and a report show them.</p>`}
  </div>`;
};
