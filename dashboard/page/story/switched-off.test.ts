/** What the page tells of a component that is switched off. */
import { expect, test, vi } from "vitest";
import type { Frame } from "../../view.ts";
import { isOn, show } from "../state/shown.ts";
import { fullBuffer } from "../training/training-view.ts";
import { leadText } from "./story-view.ts";

vi.stubGlobal("requestAnimationFrame", () => 0);

const frameWith = (components: Readonly<Record<string, boolean>>): Frame => ({
  ...{ sequence: 0, at: 5, agents: [], flows: [] },
  revisions: { agents: 0, questions: 0, growth: 0, training: 0, history: 0, acts: 0 },
  headline: {
    ...{ settled: 0, updates: 0, strategy: "explore", components, training: [], tokens: 0, seconds: 0 },
    buffer: { waiting: 0, threshold: 4 },
    accuracy: { problems: 0, mean: [], models: [], measured: 0 },
  },
});

test("nobody trains while training is switched off at the shown time", () => {
  expect(leadText()).toContain("train on what all of them agree on");
  show(frameWith({ lora: false, externalAnchor: true }), true);
  expect([isOn("lora"), isOn("externalAnchor")]).toEqual([false, true]);
  expect(leadText()).not.toContain("train");
  expect(fullBuffer()).toContain("starts no job");
  show(frameWith({ lora: true }), true);
  expect(leadText()).toContain("train on what all of them agree on");
  expect(fullBuffer()).toBe("a full buffer starts one job per member");
});
