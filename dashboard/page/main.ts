/** Entry point of the page: follows the theme and the address, and renders the app. */
import { render } from "preact";
import { h } from "./html.ts";
import { followAddress, momentOf, route } from "./route.ts";
import { App } from "./shell/app.ts";
import { followKeys } from "./shell/keys.ts";
import { keepScroll } from "./shell/scroll.ts";
import { followTime } from "./shell/time-address.ts";
import { followTitle } from "./shell/titles.ts";
import { pictureOf } from "./state/agents.ts";
import { start, startClock } from "./state/playback.ts";
import { followMotion, followTheme } from "./theme.ts";

declare global {
  /** The states of all agents as text, for tests and debugging. */
  var agoraPicture: () => string;
}

globalThis.agoraPicture = pictureOf;

followTheme();
followMotion();
followAddress();
followTitle();
followKeys();
followTime();
keepScroll();

const root = document.getElementById("root");
root?.replaceChildren();
if (root !== null) render(h(App, {}), root);

void start(momentOf(route.peek()));
startClock();
