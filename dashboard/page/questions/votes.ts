/** The votes by pair: each voter's choice and the solution shown first. */
import type { VNode } from "preact";
import type { Ballot, Dossier, Duel } from "../../../runtime/messages.ts";
import { plural, versioned } from "../format.ts";
import { h, html } from "../html.ts";
import { useFirstOnes } from "../parts/first-ones.ts";
import { Prose } from "../text/prose.ts";

const nameOf = ({ solutions }: Dossier, id: string | undefined): string =>
  solutions.find(({ solutionId }) => solutionId === id)?.author ?? id ?? "";

interface PairVotes {
  readonly key: string;
  readonly first: string;
  readonly second: string;
  readonly outcome: Duel["outcome"];
  readonly ballots: readonly Ballot[];
}

/** Duels with their ballots. A pair's id is made of the ids of its two solutions (machines/folds/pairs.ts). */
export const pairVotes = ({ duels, ballots }: Dossier): readonly PairVotes[] =>
  duels.map((duel) => {
    const key = `${duel.first}|${duel.second}`;
    return { ...duel, key, ballots: ballots.filter(({ pair }) => pair === key) };
  });

const BallotLine = (
  dossier: Dossier,
  { voter, adapter, choice, shownFirst, text }: Ballot,
): VNode => html`<li key=${voter}>
  <strong>${versioned(voter, adapter)}</strong>
  ${choice === undefined ? html`<span class="quiet"> abstained</span>` : html`<span> for <strong>${nameOf(dossier, choice)}</strong></span>`}
  ${shownFirst === undefined ? null : html`<span class="quiet"> (${nameOf(dossier, shownFirst)} shown first)</span>`}
  <div class="model-text small">${h(Prose, { text })}</div>
</li>`;

const Pair = (dossier: Dossier, { key, first, second, outcome, ballots }: PairVotes): VNode => {
  const [a, b] = [nameOf(dossier, first), nameOf(dossier, second)];
  const votesFor = (id: string) => ballots.filter(({ choice }) => choice === id).length;
  const winner = outcome === "draw" ? "a draw" : `${outcome === "first" ? a : b} wins`;
  return html`<li key=${key} class="panel pair">
    <header class="duel">
      <span class=${outcome === "first" ? "ahead" : ""}>${a}</span>
      <strong>${votesFor(first)} : ${votesFor(second)}</strong>
      <span class=${outcome === "second" ? "ahead" : ""}>${b}</span>
      <span class="quiet">${winner}</span>
    </header>
    <details><summary>${plural(ballots.length, "ballot")}</summary>
      <ul class="ballots">${ballots.map((ballot) => BallotLine(dossier, ballot))}</ul>
    </details>
  </li>`;
};

/** Most pairs at first. */
const pairsAtOnce = 24;

export const Votes = ({ dossier }: { dossier: Dossier }): VNode => {
  const pairs = pairVotes(dossier);
  const { shown, more } = useFirstOnes(pairs.length, pairsAtOnce, "pairs");
  return html`<section aria-labelledby="votes-title">
    <h2 id="votes-title">Votes <small>${plural(pairs.length, "pair")}</small></h2>
    ${
      pairs.length === 0
        ? html`<p class="quiet">There was no pair to vote on.</p>`
        : html`<ul class="pairs">${pairs.slice(0, shown).map((pair) => Pair(dossier, pair))}</ul>${more}`
    }
  </section>`;
};
