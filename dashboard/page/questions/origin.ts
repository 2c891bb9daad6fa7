/** Where a solution comes from and what became of it: its prompt, its sample and the jobs that trained on it. */
import type { VNode } from "preact";
import type { SolutionOrigin, TrainedBy } from "../../origin-view.ts";
import { h, html } from "../html.ts";
import { jobRoute } from "../parts/adapter.ts";
import { Prose } from "../text/prose.ts";

const words: Readonly<Record<string, string>> = {
  published: "in use",
  rejected: "rejected",
  failed: "failed",
  withdrawn: "withdrawn later",
};

const Job = ({ job, outcome }: TrainedBy): VNode => html`<li key=${job}>
  <a href=${jobRoute(job)}>${job}</a> <span class="quiet">${outcome === undefined ? "in training" : words[outcome]}</span>
</li>`;

const Sample = ({ keepsExamples, trained }: SolutionOrigin): VNode | null => {
  if (keepsExamples === undefined) return null;
  return html`<div class="sample">
    <p>Its sample: the question ${keepsExamples ? "with the examples of this prompt" : "without examples"}, answered with this solution.</p>
    ${
      trained.length === 0
        ? html`<p class="quiet">No job has trained on it yet.</p>`
        : html`<ul class="trained"><li class="quiet">trained on by</li>${trained.map(Job)}</ul>`
    }
  </div>`;
};

const Prompt = ({ prompt }: SolutionOrigin): VNode | null =>
  prompt === undefined
    ? null
    : html`<details class="context">
        <summary>The prompt as the model was asked it</summary>
        ${prompt.system === undefined ? null : html`<div class="model-text"><strong>system</strong> ${h(Prose, { text: prompt.system })}</div>`}
        <div class="model-text">${h(Prose, { text: prompt.user })}</div>
      </details>`;

export const Origin = ({ origin }: { origin: SolutionOrigin | undefined }): VNode | null =>
  origin === undefined ? null : html`<div class="origin">${Sample(origin)}${Prompt(origin)}</div>`;
