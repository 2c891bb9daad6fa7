/** Entry point of the page of all runs. */
import { render } from "preact";
import { h } from "./html.ts";
import { ShelfPage } from "./shelf/shelf-page.ts";
import { followChoice, followShelf } from "./shelf/state.ts";
import { followTheme } from "./theme.ts";

followTheme();
followChoice();
const root = document.getElementById("root");
root?.replaceChildren();
if (root !== null) render(h(ShelfPage, {}), root);
void followShelf();
