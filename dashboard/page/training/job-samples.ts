/** What the selected job trained on: the questions whose solutions were its samples, by the solutions' authors. */
import type { VNode } from "preact";
import type { JobSamples as Samples } from "../../origin-view.ts";
import { count, plural } from "../format.ts";
import { h, html } from "../html.ts";
import { Adapter } from "../parts/adapter.ts";
import { Waiting } from "../parts/waiting.ts";
import { formatRoute } from "../route.ts";
import { useResource } from "../state/resource.ts";

const bySource = (samples: Samples["samples"]) =>
  [...Map.groupBy(samples, ({ author, adapter }) => `${author} ${adapter}`).values()].toSorted(
    (left, right) => right.length - left.length,
  );

const Source = (samples: Samples["samples"]): VNode | null => {
  const [first] = samples;
  if (first === undefined) return null;
  return html`<details key=${`${first.author} ${first.adapter}`}>
    <summary>${h(Adapter, first)} <span class="quiet">${plural(samples.length, "solution")}</span></summary>
    <ul class="sample-links">
      ${samples.map(
        ({ solution, question }) =>
          html`<li key=${solution}><a href=${formatRoute({ page: "questions", id: question })}>${question}</a></li>`,
      )}
    </ul>
  </details>`;
};

export const JobSamples = ({ job }: { job: string }): VNode => {
  const { data, problem } = useResource<Samples>(`api/jobs/${encodeURIComponent(job)}`, "training");
  const found = data.value;
  if (found === undefined) return h(Waiting, { what: "the samples", problem: problem.value });
  const { model, previous, samples, rehearsed } = found;
  return html`<section class="panel" aria-labelledby="samples-title">
    <h2 id="samples-title">Samples of ${job} <small>${count(samples.length)}</small></h2>
    <p>It continues from ${h(Adapter, { author: model, adapter: previous })}${rehearsed === 0 ? "" : ` and rehearses ${plural(rehearsed, "text")} of other roles`}.</p>
    ${bySource(samples).map(Source)}
  </section>`;
};
