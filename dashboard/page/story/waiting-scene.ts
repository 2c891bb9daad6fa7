/** Until the first question is posed: what will happen to it, step by step. */
import type { VNode } from "preact";
import { html } from "../html.ts";
import { isLive } from "../state/playback.ts";
import { isOn } from "../state/shown.ts";
import type { steps } from "./pacing.ts";

interface Step {
  readonly name: (typeof steps)[number];
  readonly about: string;
  /** The component without which the step does not happen. */
  readonly component?: string;
}

const loop: readonly Step[] = [
  { name: "asked", about: "One model, drawn at random, writes a question." },
  { name: "solved", about: "Every model solves it on its own." },
  {
    name: "checked",
    about: "Every model works through the others' solutions. One objection is enough to reject a solution.",
    component: "validVote",
  },
  {
    name: "voted",
    about: "The solutions that pass are compared in pairs. The models vote for the better one.",
    component: "qualityVote",
  },
  {
    name: "kept",
    about: "What passes is kept. When enough is kept, every model trains on it, and is measured again.",
    component: "lora",
  },
];

const happens = ({ component }: Step): boolean => component === undefined || isOn(component);

export const Waiting = (): VNode => html`<section class="panel scene" aria-labelledby="scene-title">
  <h2 id="scene-title">${isLive.value ? "The first question is being written …" : "No question had been posed yet"}</h2>
  <p class="quiet">What happens to each question:</p>
  <ol class="loop">
    ${loop.filter(happens).map(({ name, about }) => html`<li key=${name}><strong>${name}</strong> <span>${about}</span></li>`)}
  </ol>
</section>`;
