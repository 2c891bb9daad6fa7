/** One solution with its verdicts, admission and examples. */
import type { VNode } from "preact";
import type { Admission, Dossier, Solution, Verdict } from "../../../runtime/messages.ts";
import type { SolutionOrigin } from "../../origin-view.ts";
import type { QuestionView } from "../../view.ts";
import { count } from "../format.ts";
import { h, html } from "../html.ts";
import { Adapter } from "../parts/adapter.ts";
import { Badge } from "../parts/badge.ts";
import { formatRoute } from "../route.ts";
import { Prose } from "../text/prose.ts";
import { Origin } from "./origin.ts";
import { verdicts } from "./outcome.ts";
import { Remarks } from "./remarks.ts";
import { tokensText } from "./tokens.ts";

export interface SolutionCardProps {
  readonly solution: Solution;
  readonly dossier: Dossier;
  readonly admission: Admission | undefined;
  readonly right: QuestionView["right"];
  readonly origin: SolutionOrigin | undefined;
}

const VerdictLine = ({
  verifier,
  adapter,
  verdict,
  text,
  tokens,
}: Verdict): VNode => html`<li key=${verifier} class="verdict">
  ${h(Badge, verdicts[verdict])} <strong>${h(Adapter, { author: verifier, adapter })}</strong> <span class="quiet">${tokensText(tokens)}</span>
  <div class="model-text">${h(Prose, { text })}</div>
</li>`;

const Admitted = (admission: Admission | undefined): VNode => {
  if (admission === undefined)
    return html`<p class="admission quiet">The question has no admission decision for this solution.</p>`;
  const { admitted, reason } = admission;
  return html`<p class="admission">
    ${h(Badge, admitted ? { tone: "good", sign: "↓", text: "entered the buffer" } : { tone: "plain", sign: "×", text: "not admitted" })}
    <span>${reason}</span>
  </p>`;
};

const Truth = ({ isRight }: { isRight: boolean | undefined }): VNode | null => {
  if (isRight === undefined) return null;
  return isRight
    ? h(Badge, { tone: "good", sign: "=", text: "correct" })
    : h(Badge, { tone: "bad", sign: "≠", text: "incorrect" });
};

const Context = ({ examples, exemplars }: Solution): VNode | null => {
  if (exemplars.length === 0 && examples === "") return null;
  return html`<details class="context">
    <summary>Written with ${exemplars.length === 1 ? "one example" : `${exemplars.length} examples`}</summary>
    <p>${exemplars.map((question) => html`<a key=${question} href=${formatRoute({ page: "questions", id: question })}>${question}</a> `)}</p>
    <div class="model-text">${h(Prose, { text: examples })}</div>
  </details>`;
};

export const SolutionCard = ({ solution, dossier, admission, right, origin }: SolutionCardProps): VNode => {
  const { solutionId, author, adapter, text, answer, tokens } = solution;
  const isVerified = dossier.verified.includes(solutionId);
  const isWinner = dossier.winner === solutionId;
  const own = dossier.verdicts.filter((verdict) => verdict.solutionId === solutionId);
  return html`<article class=${`panel solution${isWinner ? " winner" : ""}`} aria-label=${`Solution by ${author}`}>
    <header>
      <h3>${isWinner ? html`<span class="star" aria-hidden="true">★</span>` : null} ${h(Adapter, { author, adapter })}${isWinner ? html`<span class="quiet"> winner</span>` : null}</h3>
      <span class="badges">
        ${h(Badge, isVerified ? { tone: "good", sign: "✓", text: "verified" } : { tone: "bad", sign: "✗", text: "not verified" })}
        ${h(Truth, { isRight: right[solutionId] })}
      </span>
    </header>
    <div class="model-text said">${h(Prose, { text })}</div>
    <p class="answer"><span class="quiet">answer</span> ${h(Prose, { text: answer })} <span class="quiet">${count(text.length)} characters${tokens === undefined ? "" : ", "}${tokensText(tokens)}</span></p>
    ${Admitted(admission)}
    <h4>Verdicts</h4>
    ${own.length === 0 ? html`<p class="quiet">There are no verdicts.</p>` : html`<ul class="verdicts">${own.map(VerdictLine)}</ul>`}
    ${h(Remarks, { dossier, solutionId })}
    ${h(Context, solution)}
    ${h(Origin, { origin })}
  </article>`;
};
