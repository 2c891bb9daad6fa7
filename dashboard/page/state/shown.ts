/** The run that is shown, and its data; live frames and past frames both arrive here. */
import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Frame, Headline, RunView, Scene, ViewName } from "../../view.ts";
import { clockTime, playedTime } from "../played-time.ts";
import { applyAgents } from "./agents.ts";

type Revisions = Frame["revisions"];

const revisions = signal<Revisions>({
  ...{ agents: 0, questions: 0, growth: 0, training: 0, history: 0, acts: 0 },
});

export const run = signal<RunView | undefined>(undefined);

/** The time of the run at a time on the clock [epoch ms]. */
export const playedAt = (at: number): number => playedTime(at, run.value?.breaks ?? []);

/** The time on the clock at a time of the run, in whole milliseconds as resources have it [epoch ms]. */
export const clockAt = (played: number): number => Math.round(clockTime(played, run.peek()?.breaks ?? []));

/** Time on the clock of the frame that is shown [epoch ms]; 0 before the first. */
export const shownClock = signal(0);
/** The same as a time of the run. */
export const shownAt = computed(() => playedAt(shownClock.value));
export const hasPicture = computed(() => shownClock.value > 0);
/** The state of the run in a few numbers. */
export const headline = signal<Headline | undefined>(undefined);
/** Whether a component is in force at the shown time; before the first frame all are. */
export const isOn = (component: string): boolean => headline.value?.components[component] !== false;
/** The question that the first view tells of. */
export const scene = signal<Scene | undefined>(undefined);
/** True once a frame has had message flows. */
export const hasFlows = signal(false);
/** The run's outcome at the shown time; undefined until it has ended. */
export const ended = signal<string | undefined>(undefined);

const perView: Partial<Record<ViewName, ReadonlySignal<number>>> = {};

/** The revision of a view; it increases when the view changes. */
export const revisionOf = (view: ViewName): ReadonlySignal<number> => {
  const known = perView[view] ?? computed(() => revisions.value[view]);
  perView[view] = known;
  return known;
};

/** Name of the browser's performance mark for the first rendered frame. */
export const firstPicture = "agora.first-picture";

const markFirst = (): void => {
  if (shownClock.peek() === 0) requestAnimationFrame(() => performance.mark(firstPicture));
};

/** @param whole true if the frame contains all agents */
export const show = (frame: Frame, whole: boolean): void =>
  batch(() => {
    markFirst();
    applyAgents(frame.agents, whole);
    if (frame.flows.length > 0) hasFlows.value = true;
    if (whole || frame.headline) headline.value = frame.headline;
    if (whole || frame.scene) scene.value = frame.scene;
    revisions.value = frame.revisions;
    shownClock.value = frame.at;
    ended.value = frame.ended;
  });
