/** The first view's upper part: what the society is, one question, whether the models get better, and the result. */
import type { VNode } from "preact";
import { h, html } from "../html.ts";
import { agentOf, roster } from "../state/agents.ts";
import { isOn } from "../state/shown.ts";
import { AccuracyView } from "./accuracy-view.ts";
import { ResultCard } from "./result-card.ts";
import { SceneView } from "./scene-view.ts";

const membersNow = (): number => roster.value.filter((name) => agentOf(name)?.peek().member === true).length;

export const leadText = (): string => {
  const members = membersNow();
  const who = members === 0 ? "Language models" : `${members} language models`;
  return isOn("lora")
    ? `${who} set each other problems, check each other's answers, and train on what all of them agree on.`
    : `${who} set each other problems and check each other's answers.`;
};

const Lead = (): VNode => html`<p class="lead">${leadText()}</p>`;

export const StoryView = (): VNode => html`<div class="story">
  ${h(Lead, {})}
  ${h(ResultCard, {})}
  <div class="story-body">
    ${h(SceneView, {})}
    ${h(AccuracyView, {})}
  </div>
</div>`;
