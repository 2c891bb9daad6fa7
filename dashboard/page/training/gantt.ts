/**
 * The LoRA queue over time: one row per slot and one for jobs without a slot. Each job is a button that shows its
 * states.
 */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import type { JobView, TrainingView } from "../../view.ts";
import { sinceStart } from "../format.ts";
import { html } from "../html.ts";
import { plainWord } from "../text/plain-words.ts";
import { outcomeOf, stageOf } from "./outcome.ts";

/** The selected job. */
export const chosenJob = signal<string | undefined>(undefined);

interface Window {
  readonly from: number;
  readonly to: number;
}

/** @param now end of all unfinished spans [epoch ms] */
export const windowOf = (jobs: readonly JobView[], now: number): Window => {
  const starts = jobs.flatMap(({ spans }) => spans[0]?.from ?? []);
  const ends = jobs.flatMap(({ spans }) => spans.map(({ to }) => to ?? now));
  const from = Math.min(now, ...starts);
  return { from, to: Math.max(from + 1000, ...ends) };
};

const share = ({ from, to }: Window, at: number): string =>
  `${(100 * Math.min(1, Math.max(0, (at - from) / (to - from)))).toFixed(2)}%`;

const width = (window: Window, from: number, to: number): string =>
  `${((100 * Math.max(0, to - from)) / (window.to - window.from)).toFixed(2)}%`;

/** Chooses a job, or no job if it is the chosen one. */
export const choose = (job: string): void => {
  chosenJob.value = chosenJob.peek() === job ? undefined : job;
};

const Bar = (job: JobView, window: Window, now: number): VNode | null => {
  const from = job.spans[0]?.from;
  if (from === undefined) return null;
  const to = job.spans.at(-1)?.to ?? now;
  const outcome = outcomeOf(job);
  const own = { from, to: Math.max(to, from + 1) };
  return html`<button
    key=${job.job}
    type="button"
    class=${`job ${outcome.tone}`}
    aria-pressed=${chosenJob.value === job.job ? "true" : "false"}
    aria-label=${`${job.job}: ${outcome.text}`}
    style=${{ left: share(window, from), width: width(window, from, to) }}
    onClick=${() => choose(job.job)}
  >
    ${job.spans.map(
      (span) => html`<span
        class=${`span stage-${stageOf(span.state)}`}
        title=${`${plainWord(stageOf(span.state))}: ${sinceStart(((span.to ?? now) - span.from) / 1000)}`}
        style=${{ left: share(own, span.from), width: width(own, span.from, span.to ?? now) }}
      ></span>`,
    )}
    <span class="job-name"><span aria-hidden="true">${outcome.sign}</span> ${job.job}</span>
  </button>`;
};

/** Splits the jobs of a row into lanes without overlap. */
export const lanesOf = (jobs: readonly JobView[], now: number): readonly (readonly JobView[])[] => {
  const lanes: JobView[][] = [];
  const endOf = (job: JobView) => job.spans.at(-1)?.to ?? now;
  for (const job of jobs.toSorted((a, b) => (a.spans[0]?.from ?? 0) - (b.spans[0]?.from ?? 0))) {
    const free = lanes.find((lane) => lane.every((other) => endOf(other) <= (job.spans[0]?.from ?? 0)));
    if (free === undefined) lanes.push([job]);
    else free.push(job);
  }
  return lanes.length === 0 ? [[]] : lanes;
};

const ticks = 6;

const Scale = (
  window: Window,
  startedAt: number,
): VNode => html`<div class="gantt-row scale" aria-hidden="true">
  <span class="slot"></span>
  <div class="track">
    ${Array.from({ length: ticks }, (_, index) => {
      const at = window.from + ((window.to - window.from) * index) / (ticks - 1);
      return html`<span class=${index % 2 === 1 ? "tick minor" : "tick"} style=${{ left: share(window, at) }}>${sinceStart((at - startedAt) / 1000)}</span>`;
    })}
  </div>
</div>`;

export interface GanttProps {
  readonly training: TrainingView;
  readonly startedAt: number;
  readonly now: number;
}

interface SlotRow {
  readonly name: string;
  readonly jobs: readonly JobView[];
}

/** Jobs by slot. A job that waits for its first slot, or whose feed records none, is in the row "no slot". */
export const rowsOf = ({ slots, jobs }: TrainingView): readonly SlotRow[] => [
  ...Array.from({ length: slots }, (_, slot) => ({
    name: `slot ${slot + 1}`,
    jobs: jobs.filter((job) => job.slot === slot),
  })),
  { name: "no slot", jobs: jobs.filter(({ slot }) => slot === undefined) },
];

export const Gantt = ({ training, startedAt, now }: GanttProps): VNode => {
  const window = windowOf(training.jobs, now);
  return html`<div class="gantt" role="group" aria-label="Training jobs by slot over the time of the run">
    ${rowsOf(training).map(({ name, jobs: own }) =>
      lanesOf(own, now).map(
        (lane, index) => html`<div class="gantt-row" key=${`${name} ${index}`}>
          <span class="slot">${index === 0 ? name : ""}</span>
          <div class="track">${lane.map((job) => Bar(job, window, now))}</div>
        </div>`,
      ),
    )}
    ${Scale(window, startedAt)}
  </div>`;
};
