/** What one model says to a question, and what became of it. */
import type { VNode } from "preact";
import type { Speech } from "../../view.ts";
import { plural } from "../format.ts";
import { h, html } from "../html.ts";
import { Term } from "../parts/term.ts";
import { Prose } from "../text/prose.ts";
import { lastStep } from "./pacing.ts";

export interface SpeechCardProps {
  readonly speech: Speech;
  /** The newest step of the question that is shown. */
  readonly step: number;
  /** Votes cast in all. */
  readonly votes: number;
}

type Sign = "good" | "bad" | "plain" | "star";

const signs: Readonly<Record<Sign, string>> = { good: "✓", bad: "✗", plain: "–", star: "★" };

const Line = (sign: Sign, what: VNode | string): VNode => html`<p class=${`outcome ${sign}`}>
  <span class="sign" aria-hidden="true">${signs[sign]}</span><span>${what}</span>
</p>`;

const Check = ({ check, agreed, asked, refusal }: Speech): VNode => {
  if (refusal !== undefined)
    return Line(
      "bad",
      html`<span><strong>${refusal.verifier}</strong> objects: ${h(Prose, { text: refusal.reason, plain: true })}</span>`,
    );
  if (check === "agreed")
    return Line("good", asked === 1 ? "the other one agrees" : `all ${asked} others agree`);
  if (check === "undecided") return Line("plain", "the others cannot say");
  return Line("plain", asked === 0 ? "being checked" : `${agreed} of ${asked} others agree so far`);
};

const reasons: Readonly<Partial<Record<NonNullable<Speech["kept"]>, string>>> = {
  "not above the mean": "not kept: its author is not above the group's average",
  "not of an elite peer": "not kept: only the best models are examples now",
  "the same text as another's": "not kept: it repeats another one",
};

const Vote = ({ votes, isWinner }: Speech, all: number): VNode | null => {
  if (votes === undefined || all === 0) return isWinner ? Line("star", "the only one left: it wins") : null;
  return Line(isWinner ? "star" : "plain", `${plural(votes, "vote")}${isWinner ? ": it wins" : ""}`);
};

const Kept = ({ kept }: Speech): VNode | null => {
  if (kept === "kept") return Line("good", h(Term, { word: "kept", text: "kept for training" }));
  const reason = kept === undefined ? undefined : reasons[kept];
  return reason === undefined ? null : Line("plain", reason);
};

const Truth = ({ right }: Speech): VNode | null =>
  right === undefined
    ? null
    : html`<span class=${right ? "mark right" : "mark wrong"}>${right ? "right" : "wrong"}</span>`;

const Said = (speech: Speech, step: number): VNode => {
  const { text = "", answer = "" } = speech;
  return html`<div class="bubble">
    <p class="spoken" title=${text}>${h(Prose, { text, plain: true })}</p>
    <p class="reply"><span class="quiet">answer</span> <strong>${h(Prose, { text: answer, plain: true })}</strong> ${step >= 2 ? Truth(speech) : null}</p>
  </div>`;
};

const fateOf = ({ check, kept, isWinner }: Speech, step: number): string => {
  if (step >= 2 && check === "refused") return "refused";
  if (step >= 4 && kept === "kept") return "kept";
  return step >= 3 && isWinner ? "won" : "open";
};

export const SpeechCard = ({ speech, step, votes }: SpeechCardProps): VNode => {
  const { author, adapter, text } = speech;
  const isSpoken = text !== undefined && step >= 1;
  const silence = step >= lastStep ? "gave no answer" : "thinks …";
  return html`<li class=${`speech ${fateOf(speech, step)}`}>
    <h3>${author} ${isSpoken ? h(Term, adapter === 0 ? { word: "base", text: "base" } : { word: "version", text: `v${adapter}` }) : null}</h3>
    ${isSpoken ? Said(speech, step) : html`<p class="bubble thinking">${silence}</p>`}
    <div class="outcomes">
      ${isSpoken && step >= 2 ? Check(speech) : null}
      ${isSpoken && step >= 3 && speech.check === "agreed" ? Vote(speech, votes) : null}
      ${isSpoken && step >= 4 ? Kept(speech) : null}
    </div>
  </li>`;
};
