/** The components of the paper's Table 2 with a short description, and whether each is on. */
import type { VNode } from "preact";
import { h, html } from "../html.ts";
import { Badge } from "../parts/badge.ts";

const known: Readonly<Record<string, readonly [name: string, about: string]>> = {
  validVote: ["Unanimous verification", "a solution is verified if every peer accepts it"],
  lora: ["Parametric evolution", "LoRA adapters are trained on the high-quality buffer (Eq. 3)"],
  qualityVote: ["Quality vote", "pairwise votes rate the members"],
  eliteIcl: ["Elite history", "explained solutions of high quality serve as few-shot examples"],
  randomQGen: ["Random generator", "a random member poses the questions of each round"],
  difficultyControl: ["Difficulty control", "d follows the pass rate (Eq. 1)"],
  externalAnchor: ["External anchor", "accuracy on external problems checks the group's own measure"],
  explanation: ["Explanation", "winners explain their solutions"],
  dynamicStrategy: ["Dynamic strategy", "switches to elite-peer learning while performance stalls"],
  fem: ["Surprise", "if F is high, selects the strategy with the largest expected drop of F (Eq. 2)"],
  ratingMute: ["Rating mute", "only authors above the mean enter the buffer (Eq. 4)"],
};

const Component = ([key, isOn]: readonly [string, boolean]): VNode => {
  const [name, about] = known[key] ?? [key, ""];
  return html`<li key=${key} class=${isOn ? "" : "off"}>
    ${h(Badge, isOn ? { tone: "good", sign: "●", text: "on" } : { tone: "plain", sign: "○", text: "off" })}
    <strong>${name}</strong>
    <span class="quiet">${about}</span>
  </li>`;
};

export const Components = ({ components }: { components: Readonly<Record<string, boolean>> }): VNode => {
  const entries = Object.entries(components);
  const on = entries.filter(([, isOn]) => isOn).length;
  return html`<section class="panel" aria-labelledby="components-title">
    <h2 id="components-title">Components <small>${on} of ${entries.length} are on</small></h2>
    <ul class="components">${entries.map(Component)}</ul>
  </section>`;
};
