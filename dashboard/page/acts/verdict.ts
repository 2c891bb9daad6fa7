/** What the society answers to a person's question: the answer, who agrees, how sure the checks are, and why. */
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { AnswerView } from "../../acts-view.ts";
import type { QuestionView } from "../../view.ts";
import { percent } from "../format.ts";
import { h, html } from "../html.ts";
import { isLive } from "../state/playback.ts";
import type { Resource } from "../state/resource.ts";
import { Prose } from "../text/prose.ts";

/** Time between two looks at a question that is under way [ms]. */
const pause = 500;

/** Reads a question again until it has ended. */
export const useWhileOpen = ({ data, refresh }: Pick<Resource<QuestionView>, "data" | "refresh">): void => {
  const isOpen = isLive.value && data.value?.line.outcome === "open";
  useEffect(() => {
    if (!isOpen) return;
    const timer = setInterval(refresh, pause);
    return () => clearInterval(timer);
  }, [isOpen]);
};

const phases: Readonly<Record<string, string>> = {
  solving: "The models are solving it.",
  verifying: "They are checking each other's solutions.",
  remarking: "Others remark on the solutions.",
  voting: "They are voting on the solutions that passed.",
  explaining: "The winner explains itself.",
  closing: "The verdict is being recorded.",
};

const Answers = ({ answers, answer }: AnswerView): VNode => html`<ul class="verdict-answers">
  ${answers.map(
    ({ answer: given, authors }) => html`<li key=${given}>
      <strong>${h(Prose, { text: given })}</strong> ${authors.join(", ")}${given === answer ? html`<span class="quiet"> agree</span>` : null}
    </li>`,
  )}
</ul>`;

const graded = ({ truth, right, dossier }: QuestionView): string => {
  if (truth === undefined) return "The task cannot grade this.";
  const isRight = dossier?.winner === undefined ? undefined : right[dossier.winner];
  if (isRight === undefined) return `The exact answer is ${truth}.`;
  return isRight ? `Right: the exact answer is ${truth}.` : `Wrong: the exact answer is ${truth}.`;
};

const Sure = ({ checks, confidence }: AnswerView): VNode => html`<p>
  ${
    confidence === undefined
      ? "Nobody checked it."
      : html`<span>Confidence <strong>${percent(confidence)}</strong>: ${checks.agreeing} of ${checks.given} checks speak for it.</span>`
  }
</p>`;

const Reasons = ({ reasons }: AnswerView): VNode | null =>
  reasons.length === 0
    ? null
    : html`<details><summary>Reasons</summary><ul class="verdicts">
        ${reasons.map(({ by, text }) => html`<li key=${by}><strong>${by}</strong> <div class="model-text">${h(Prose, { text })}</div></li>`)}
      </ul></details>`;

const Ended = ({ question, answer }: { question: QuestionView; answer: AnswerView }): VNode => html`<div>
  ${
    answer.answer === undefined
      ? html`<p class="verdict-answer">No verdict: ${question.reason === undefined ? "no solution has passed every check." : h(Prose, { text: question.reason, plain: true })}</p>`
      : html`<p class="verdict-answer"><strong>${h(Prose, { text: answer.answer })}</strong> <span class="quiet">by ${answer.author}</span></p>`
  }
  ${h(Answers, answer)}
  ${answer.answer === undefined ? null : h(Sure, answer)}
  <p class="quiet">${graded(question)}</p>
  ${h(Reasons, answer)}
</div>`;

export const Verdict = ({ question }: { question: QuestionView }): VNode | null => {
  const { askedBy, answer, phase } = question;
  if (askedBy === undefined || answer === undefined) return null;
  const isOpen = question.line.outcome === "open";
  return html`<section class="panel verdict-panel" aria-labelledby="verdict-title" aria-live="polite">
    <h2 id="verdict-title">${isOpen ? "The society is at work" : "The society's verdict"} <small>asked by ${askedBy}</small></h2>
    ${isOpen ? html`<div><p>${phases[phase ?? ""] ?? phase}</p>${h(Answers, answer)}</div>` : h(Ended, { question, answer })}
  </section>`;
};
