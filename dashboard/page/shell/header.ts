/** The header of every view: run, round, buffer, strategy, connection state and tabs. */
import type { VNode } from "preact";
import { h, html } from "../html.ts";
import { Badge, type BadgeProps } from "../parts/badge.ts";
import { Term } from "../parts/term.ts";
import { formatRoute, pages, route } from "../route.ts";
import { ShelfLink } from "../shelf/shelf-link.ts";
import { connection, farewell } from "../state/feed.ts";
import { isFollowing, isLive, playing, run } from "../state/playback.ts";
import { headline } from "../state/shown.ts";
import { switchTheme, theme } from "../theme.ts";
import { titles } from "./titles.ts";

/** The page shows an earlier time of a run that goes on. */
const isBehind = (): boolean => run.value?.live === true && isLive.value && !isFollowing.value;

const replay = (): BadgeProps => ({
  tone: "accent",
  sign: "⟲",
  text: playing.value ? "replaying" : "replay",
});

export const stateOf = (): BadgeProps => {
  if (run.value?.live !== true) return replay();
  if (connection.value === "over") return { tone: "plain", sign: "■", text: "server ended" };
  if (connection.value === "lost") return { tone: "bad", sign: "⚠", text: "connection lost" };
  if (!isLive.value) return isFollowing.value ? { tone: "plain", sign: "■", text: "ended" } : replay();
  if (isFollowing.value) return { tone: "good", sign: "●", text: "live" };
  const text = playing.value ? "view behind" : "view paused";
  return { tone: "warn", sign: playing.value ? "▶" : "❚❚", text, title: "The run itself goes on." };
};

const State = (): VNode => html`<span role="status" class="run-state">${h(Badge, stateOf())}</span>`;

const Fact = (name: VNode | string, value: VNode | string | number): VNode =>
  html`<span class="fact"><span class="quiet">${name}</span> <strong>${value}</strong></span>`;

const Facts = (): VNode => {
  const { round, strategy } = headline.value ?? {};
  const name = run.value?.run ?? "…";
  return html`<p class="run-facts">
    ${Fact("run", html`<span class="run-name" title=${name}>${name}</span>`)}
    ${Fact(h(Term, { word: "round", text: "round" }), round ?? "–")}
    ${Fact(h(Term, { word: "strategy", text: "strategy" }), strategy ?? "–")}
  </p>`;
};

/** What the state's badge has no room for. */
export const notice = (): string | undefined => {
  const name = run.value?.run ?? "";
  if (connection.value === "over")
    return `The server has ended: ${farewell.value}. This is the last that it sent; agora replay ${name} shows the whole run again.`;
  if (isBehind())
    return `${playing.value ? "An earlier time is shown" : "Only this view is paused"}; the run itself goes on.`;
  return undefined;
};

const Notice = (): VNode | null => {
  const text = notice();
  return text === undefined ? null : html`<p class="notice" role="status">${text}</p>`;
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
  ${h(Notice, {})}
</header>`;
