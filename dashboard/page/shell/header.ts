/** The header of every view: run, round, buffer, strategy, connection state and tabs. */
import type { VNode } from "preact";
import type { GrowthView, HistoryView, TrainingView } from "../../view.ts";
import { h, html } from "../html.ts";
import { Badge, type BadgeProps } from "../parts/badge.ts";
import { formatRoute, type Page, pages, route } from "../route.ts";
import { ShelfLink } from "../shelf/shelf-link.ts";
import { connection } from "../state/feed.ts";
import { isFollowing, isLive, playing, run } from "../state/playback.ts";
import { useResource } from "../state/resource.ts";
import { ended } from "../state/shown.ts";
import { switchTheme, theme } from "../theme.ts";

const titles: Readonly<Record<Page, string>> = {
  society: "Society",
  questions: "Questions",
  growth: "Growth",
  training: "Training",
  history: "History",
};

const stateOf = (): BadgeProps => {
  if (run.value?.live !== true)
    return { tone: "accent", sign: "⟲", text: playing.value ? "replaying" : "replay" };
  if (connection.value === "lost") return { tone: "bad", sign: "⚠", text: "connection lost" };
  if (!isLive.value && isFollowing.value) return { tone: "plain", sign: "■", text: "ended" };
  if (isFollowing.value) return { tone: "good", sign: "●", text: "live" };
  return { tone: "warn", sign: playing.value ? "▶" : "❚❚", text: playing.value ? "behind" : "paused" };
};

const State = (): VNode => html`<span role="status" class="run-state">${h(Badge, stateOf())}</span>`;

const Fact = (name: string, value: VNode | string | number): VNode =>
  html`<span class="fact"><span class="quiet">${name}</span> <strong>${value}</strong></span>`;

const Facts = (): VNode => {
  const round = useResource<GrowthView>("api/growth", "growth").data.value?.rounds.at(-1)?.round;
  const buffer = useResource<TrainingView>("api/training", "training").data.value?.buffer;
  const strategy = useResource<HistoryView>("api/history", "history").data.value?.strategy;
  return html`<p class="run-facts">
    ${Fact("run", run.value?.run ?? "…")}
    ${Fact("round", round ?? "–")}
    ${Fact("buffer", buffer === undefined ? "–" : `${buffer.waiting}/${buffer.threshold}`)}
    ${Fact("strategy", strategy ?? "–")}
  </p>`;
};

const Tabs = (): VNode => html`<nav aria-label="Views"><ul class="tabs">
  ${pages.map(
    (page) => html`<li key=${page}>
      <a href=${formatRoute({ page })} aria-current=${route.value.page === page ? "page" : undefined}>${titles[page]}</a>
    </li>`,
  )}
</ul></nav>`;

const ThemeSwitch = (): VNode => {
  const isDark = theme.value === "dark";
  return html`<button type="button" class="icon" onClick=${switchTheme} aria-label=${`Switch to ${isDark ? "light" : "dark"}`}>
    ${isDark ? "☀" : "☾"}
  </button>`;
};

export const Header = (): VNode => html`<header class="top">
  <a class="brand" href=${formatRoute({ page: "society" })}>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 8L12 3L21 8Z M4 19H20V21H4Z M6 10V17M10 10V17M14 10V17M18 10V17" /></svg>
    Agora
  </a>
  ${h(ShelfLink, {})}
  ${h(Tabs, {})}
  ${h(Facts, {})}
  ${h(State, {})}
  ${h(ThemeSwitch, {})}
  ${ended.value === undefined || !isFollowing.value ? null : html`<p class="ended" role="status">The run has ended: ${ended.value}</p>`}
</header>`;
