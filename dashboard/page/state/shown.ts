/** What is shown at this moment; live frames and those of the past arrive here alike. */
import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Frame, ViewName } from "../../view.ts";
import { ledger } from "../flow/ledger.ts";
import { applyAgents } from "./agents.ts";

type Revisions = Frame["revisions"];

const revisions = signal<Revisions>({ agents: 0, questions: 0, growth: 0, training: 0, history: 0 });

/** Time of the frame that is shown [epoch ms]; 0 before the first. */
export const shownAt = signal(0);
export const hasPicture = computed(() => shownAt.value > 0);
/** How the run ended, once it has. */
export const ended = signal<string | undefined>(undefined);

const perView: Partial<Record<ViewName, ReadonlySignal<number>>> = {};

/** Tells when a view has changed. */
export const revisionOf = (view: ViewName): ReadonlySignal<number> => {
  const known = perView[view] ?? computed(() => revisions.value[view]);
  perView[view] = known;
  return known;
};

/** Told to the browser's own clock, for those who measure how soon there is something to see. */
export const firstPicture = "agora.first-picture";

const markFirst = (): void => {
  if (shownAt.peek() === 0) requestAnimationFrame(() => performance.mark(firstPicture));
};

/** @param whole whether the frame names all agents */
export const show = (frame: Frame, whole: boolean): void =>
  batch(() => {
    markFirst();
    applyAgents(frame.agents, whole);
    ledger.add(frame.flows);
    revisions.value = frame.revisions;
    shownAt.value = frame.at;
    ended.value = frame.ended;
  });
