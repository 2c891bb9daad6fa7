/** One question from its posing to what is kept of it. */
import type { VNode } from "preact";
import type { Scene } from "../../view.ts";
import { duration, plural } from "../format.ts";
import { h, html } from "../html.ts";
import { Term } from "../parts/term.ts";
import { formatRoute } from "../route.ts";
import { isFollowing, playing } from "../state/playback.ts";
import { scene } from "../state/shown.ts";
import { Prose } from "../text/prose.ts";
import { lastStep, steps, usePacedStep } from "./pacing.ts";
import { SpeechCard } from "./speech-card.ts";
import { Waiting } from "./waiting-scene.ts";

const labels: Readonly<Record<(typeof steps)[number], VNode | string>> = {
  asked: "asked",
  solved: "solved",
  checked: h(Term, { word: "checks", text: "checked" }),
  voted: h(Term, { word: "votes", text: "voted on" }),
  kept: h(Term, { word: "kept", text: "kept" }),
};

const isNothingKept = ({ stage, speeches, others }: Scene): boolean =>
  stage === "settled" && others === undefined && speeches.every(({ kept }) => kept !== "kept");

const Steps = (
  shown: Scene,
  step: number,
): VNode => html`<ol class="steps" aria-label="Steps of the question">
  ${steps.map(
    (name, index) =>
      html`<li key=${name} class=${index <= step ? "done" : ""} aria-current=${index === step ? "step" : undefined}>${name === "kept" && step === lastStep && isNothingKept(shown) ? "nothing kept" : labels[name]}</li>`,
  )}
</ol>`;

const Others = ({
  members,
  answered,
  refused,
}: NonNullable<Scene["others"]>): VNode => html`<p class="quiet others">
  and ${plural(members, "other model")}: ${answered} answered, ${refused} of them rejected
</p>`;

const Foot = ({ question, truth, seconds }: Scene, step: number): VNode => html`<footer>
  ${truth === undefined || step < 2 ? null : html`<p>The exact answer is <strong>${h(Prose, { text: truth, plain: true })}</strong>. <span class="quiet">No model is told it.</span></p>`}
  ${
    seconds === undefined || step < lastStep
      ? null
      : html`<p class="quiet">It took ${duration(seconds)}. <a href=${formatRoute({ page: "questions", id: question })}>All that was said</a></p>`
  }
</footer>`;

const Story = ({ shown }: { readonly shown: Scene }): VNode => {
  const step = usePacedStep(shown, isFollowing.value || playing.value);
  const { author, text, rule, speeches, others, votes } = shown;
  return html`<section class="panel scene" aria-labelledby="scene-title">
    <header>
      <p class="asks"><strong>${author}</strong> asks the others</p>
      ${Steps(shown, step)}
      <h2 id="scene-title" class="asked">${h(Prose, { text })}</h2>
      ${rule === undefined ? null : html`<p class="quiet rule">${rule}</p>`}
    </header>
    <ul class="speeches">${speeches.map((speech) => h(SpeechCard, { key: speech.author, speech, step, votes }))}</ul>
    ${others === undefined ? null : Others(others)}
    ${Foot(shown, step)}
  </section>`;
};

export const SceneView = (): VNode => {
  const shown = scene.value;
  return shown === undefined ? h(Waiting, {}) : h(Story, { shown });
};
