/** The page: header, one view and the replay bar. A view's module loads when the view first opens. */
import { signal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { ControlBar } from "../acts/control-bar.ts";
import { h, html } from "../html.ts";
import { Waiting } from "../parts/waiting.ts";
import { formatRoute, type Route, route } from "../route.ts";
import { EventPanel } from "../society/event-panel.ts";
import { SocietyView } from "../society/society-view.ts";
import { closeInspected } from "../state/inspected.ts";
import { problem } from "../state/playback.ts";
import { StoryView } from "../story/story-view.ts";
import { Header } from "./header.ts";
import { ReplayBar } from "./replay-bar.ts";
import { restoreScroll } from "./scroll.ts";
import { titles } from "./titles.ts";

type ViewComponent = ComponentType<{ readonly id: string }>;

const loaders: Readonly<Record<string, () => Promise<ViewComponent>>> = {
  questions: () => import("../questions/question-list.ts").then(({ QuestionList }) => QuestionList),
  statechart: () => import("../statechart/statechart-view.ts").then(({ StatechartView }) => StatechartView),
  question: () => import("../questions/question-view.ts").then(({ QuestionView }) => QuestionView),
  growth: () => import("../growth/growth-view.ts").then(({ GrowthView }) => GrowthView),
  training: () => import("../training/training-view.ts").then(({ TrainingView }) => TrainingView),
  history: () => import("../history/history-view.ts").then(({ HistoryView }) => HistoryView),
};

const Unknown = (): VNode => html`<div class="view unknown">
  <p class="nothing">There is no view at this address. <a href=${formatRoute({ page: "society" })}>Society</a> shows what the agents do now.</p>
</div>`;

/** The story first, then the machinery. */
const Society = (): VNode => html`<div class="view">${h(StoryView, {})} ${h(SocietyView, {})}</div>`;

const loaded = signal<Readonly<Record<string, ViewComponent>>>({
  society: Society,
  unknown: Unknown,
});
const failed = signal<string | undefined>(undefined);

const load = (name: string): void => {
  loaders[name]?.().then(
    (view) => {
      failed.value = undefined;
      loaded.value = { ...loaded.value, [name]: view };
    },
    () => {
      failed.value = "This view failed to load; check that the server is running and reload the page.";
    },
  );
};

/** With an id, a page shows one of its things. */
const single: Readonly<Partial<Record<Route["page"], string>>> = {
  questions: "question",
  society: "statechart",
};

const nameOf = ({ page, id }: Route): string => (id === undefined ? page : (single[page] ?? page));

/** A question's own text is its heading. */
const Heading = (): VNode | null => {
  const { page } = route.value;
  return nameOf(route.value) === "question" ? null : html`<h1 class="unseen">${titles[page]}</h1>`;
};

const View = (): VNode => {
  const name = nameOf(route.value);
  const component = loaded.value[name];
  useEffect(() => {
    if (component === undefined) load(name);
  }, [name, component]);
  if (component === undefined) return h(Waiting, { what: "the view", problem: failed.value });
  const id = route.value.id ?? "";
  return h(component, { key: `${name} ${id}`, id });
};

/** After a change of view, focuses the new view. */
const Main = (): VNode => {
  const main = useRef<HTMLElement>(null);
  const { page, id } = route.value;
  const isFirst = useRef(true);
  useEffect(() => {
    closeInspected();
    if (isFirst.current) isFirst.current = false;
    else main.current?.focus({ preventScroll: true });
  }, [page, id]);
  useLayoutEffect(restoreScroll, [page, id]);
  return html`<main id="main" ref=${main} tabindex="-1">
    ${problem.value === undefined ? null : html`<p class="problem" role="alert">${problem.value}</p>`}
    ${h(Heading, {})}
    ${h(View, {})}
  </main>`;
};

const skip = (event: Event): void => {
  event.preventDefault();
  document.getElementById("main")?.focus();
};

export const App = (): VNode => html`<div class="page">
  <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
  ${h(Header, {})}
  ${h(ControlBar, {})}
  ${h(Main, {})}
  ${h(EventPanel, {})}
  ${h(ReplayBar, {})}
</div>`;
