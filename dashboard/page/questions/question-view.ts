/** One question with its full transcript. */
import type { VNode } from "preact";
import type { Dossier, Solution, Tokens } from "../../../runtime/messages.ts";
import type { QuestionView as Question } from "../../view.ts";
import { useWhileOpen, Verdict } from "../acts/verdict.ts";
import { decimal, duration, plural, timeOfDay, versioned } from "../format.ts";
import { h, html } from "../html.ts";
import { Adapter } from "../parts/adapter.ts";
import { Badge } from "../parts/badge.ts";
import { useFirstOnes } from "../parts/first-ones.ts";
import { Term } from "../parts/term.ts";
import { Waiting } from "../parts/waiting.ts";
import { formatRoute, route } from "../route.ts";
import { useResource } from "../state/resource.ts";
import type { Word } from "../text/glossary.ts";
import { Prose } from "../text/prose.ts";
import { badgeOf } from "./outcome.ts";
import { Remarks } from "./remarks.ts";
import { SequenceView } from "./sequence/sequence-view.ts";
import { SolutionCard } from "./solution-card.ts";
import { sumOfTokens, tokensText } from "./tokens.ts";
import { Votes } from "./votes.ts";

const winnerOf = ({ solutions, winner }: Dossier): string | undefined =>
  solutions.find(({ solutionId }) => solutionId === winner)?.author;

/** Excludes calls that failed or were aborted; the journal's ledger has those. */
const spentOn = ({ solutions, verdicts, ballots, explanation }: Dossier): Tokens | undefined =>
  sumOfTokens([...solutions, ...verdicts, ...ballots, ...(explanation ? [explanation] : [])]);

const Life = ({ dossier, admitted }: { dossier: Dossier; admitted: number }): VNode => {
  const steps: readonly (readonly [name: string, what: string, word?: Word])[] = [
    ["posed", `by ${versioned(dossier.author, dossier.adapter)}`],
    ["solved", plural(dossier.solutions.length, "solution")],
    ["checked", plural(dossier.verdicts.length, "verdict"), "checks"],
    ["verified", `${dossier.verified.length} of ${dossier.solutions.length}`],
    ["voted", plural(dossier.ballots.length, "ballot"), "votes"],
    ["won", winnerOf(dossier) ?? "none"],
    ["admitted", plural(admitted, "sample"), "kept"],
  ];
  return html`<ol class="life">${steps.map(([name, what, word]) => html`<li key=${name}><span class="quiet">${word === undefined ? name : h(Term, { word, text: name })}</span><strong>${what}</strong></li>`)}</ol>`;
};

const Head = ({
  line,
  dossier,
  truth,
  rule,
  seconds,
  reason,
  admissions,
  askedBy,
  adapter,
  repeats,
}: Question): VNode => html`<header class="panel question-head">
  <p class="crumbs"><a href=${formatRoute({ page: "questions" })}>← all questions</a> <code>${line.question}</code></p>
  <h1 class="asked">${h(Prose, { text: line.text })}</h1>
  <p class="facts">
    ${h(Badge, badgeOf(line))}
    <span>round ${line.round}</span>${askedBy === undefined ? html`<span>difficulty ${decimal(line.difficulty, 1)}</span>` : null}
    ${askedBy === undefined ? html`<span>posed by ${h(Adapter, { author: line.author, adapter })}</span>` : html`<span>asked by ${askedBy}</span>`}
    <span>${timeOfDay(line.at)}${seconds > 0 ? `, took ${duration(seconds)}` : ""}</span>
    <span>${dossier === undefined ? "" : tokensText(spentOn(dossier))}</span>
  </p>
  ${rule === undefined ? null : html`<p class="rule quiet">${rule}</p>`}
  ${truth === undefined ? null : html`<p class="truth"><span class="quiet">Exact answer (hidden from the society):</span> <strong>${h(Prose, { text: truth })}</strong></p>`}
  ${reason === undefined ? null : html`<p class="void-reason">Discarded: ${h(Prose, { text: reason, plain: true })}${repeats === undefined ? null : html`<span> of <a href=${formatRoute({ page: "questions", id: repeats })}>${repeats}</a></span>`}</p>`}
  ${dossier === undefined ? null : h(Life, { dossier, admitted: admissions.filter(({ admitted }) => admitted).length })}
</header>`;

const Explanation = ({ explanation }: Dossier): VNode => html`<section aria-labelledby="explanation-title">
  <h2 id="explanation-title">The winner's explanation</h2>
  ${
    explanation === undefined
      ? html`<p class="quiet">There is none.</p>`
      : html`<blockquote class="panel model-text">
          ${h(Prose, { text: explanation.text })}
          <footer class="quiet">${versioned(explanation.author, explanation.adapter)}</footer>
        </blockquote>`
  }
</section>`;

const Withheld = ({ withheld }: Dossier): VNode | null =>
  withheld.length === 0
    ? null
    : html`<ul class="withheld">
        ${withheld.map(({ author, cause }) => html`<li key=${author}><strong>${author}</strong> gave no solution: ${h(Prose, { text: cause, plain: true })}</li>`)}
      </ul>`;

const Ratings = ({ ratings = {} }: Question): VNode | null => {
  const sorted = Object.entries(ratings).toSorted(([, a], [, b]) => b.mu - a.mu);
  if (sorted.length === 0) return null;
  return html`<section aria-labelledby="ratings-title">
    <h2 id="ratings-title">Ratings afterwards</h2>
    <ul class="rating-line">${sorted.map(([name, { mu, sigma }]) => html`<li key=${name}><strong>${name}</strong> μ ${decimal(mu, 1)} <span class="quiet">± ${decimal(sigma, 1)}</span></li>`)}</ul>
  </section>`;
};

/** The winner first, then the verified solutions, then the rest. */
const bestFirst = ({ solutions, verified, winner }: Dossier): readonly Solution[] => {
  const rank = ({ solutionId }: Solution): number =>
    solutionId === winner ? 0 : verified.includes(solutionId) ? 1 : 2;
  return solutions.toSorted((a, b) => rank(a) - rank(b));
};

/** Most solutions at first. */
const solutionsAtOnce = 24;

const Solutions = ({ question, dossier }: { question: Question; dossier: Dossier }): VNode => {
  const { shown, more } = useFirstOnes(dossier.solutions.length, solutionsAtOnce, "solutions");
  return html`<div>
    <div class="solutions">
      ${bestFirst(dossier)
        .slice(0, shown)
        .map((solution) =>
          h(SolutionCard, {
            ...{ key: solution.solutionId, solution, dossier, right: question.right },
            origin: question.origins[solution.solutionId],
            admission: question.admissions.find((admission) => admission.solutionId === solution.solutionId),
          }),
        )}
    </div>
    ${more}
  </div>`;
};

const Transcript = (question: Question, dossier: Dossier): VNode => html`<div>
  <section aria-labelledby="solutions-title">
    <h2 id="solutions-title">Solutions <small>${dossier.verified.length} of ${dossier.solutions.length} verified by every peer</small></h2>
    ${h(Solutions, { question, dossier })}
    ${Withheld(dossier)}
    ${h(Remarks, { dossier })}
  </section>
  ${h(Votes, { dossier })}
  ${Explanation(dossier)}
  ${Ratings(question)}
</div>`;

/** The tab is in the address: `#/questions/wren-q1?tab=sequence`. */
const Tabs = ({ id, tab }: { id: string; tab: string }): VNode => {
  const { t = "" } = route.value.query;
  const Tab = (name: string, text: string): VNode => html`<li>
    <a href=${formatRoute({ page: "questions", id, query: { tab: name, t } })} aria-current=${tab === name ? "page" : undefined}>${text}</a>
  </li>`;
  return html`<nav class="question-tabs" aria-label="Parts of the question"><ul class="tabs">
    ${Tab("", "Transcript")} ${Tab("sequence", "Sequence")}
  </ul></nav>`;
};

const Parts = ({ question, dossier, id }: { question: Question; dossier: Dossier; id: string }): VNode => {
  const { tab = "" } = route.value.query;
  return html`<div class="question-parts">
    ${h(Tabs, { id, tab })}
    ${tab === "sequence" ? h(SequenceView, { question }) : Transcript(question, dossier)}
  </div>`;
};

export const QuestionView = ({ id }: { id: string }): VNode => {
  const resource = useResource<Question>(`api/questions/${encodeURIComponent(id)}`);
  const { data, problem } = resource;
  useWhileOpen({ data, refresh: () => resource.refresh() });
  const question = data.value;
  if (question === undefined) return h(Waiting, { what: "the question", problem: problem.value });
  return html`<div class="view question">
    ${Head(question)}
    ${h(Verdict, { question })}
    ${question.dossier === undefined ? null : h(Parts, { question, dossier: question.dossier, id })}
  </div>`;
};
