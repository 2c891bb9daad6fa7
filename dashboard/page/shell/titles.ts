/** The title of each view, for its heading and for the browser's tab. */
import { effect } from "@preact/signals";
import { type Page, type Route, route } from "../route.ts";
import { run } from "../state/playback.ts";

export const titles: Readonly<Record<Page | "unknown", string>> = {
  society: "Society",
  questions: "Questions",
  growth: "Growth",
  training: "Training",
  history: "History",
  unknown: "Not found",
};

/** `Question q1-0-2.3 · run main · Agora` */
export const documentTitle = ({ page, id }: Route, name: string | undefined): string => {
  const view = page === "questions" && id !== undefined ? `Question ${id}` : titles[page];
  return [view, ...(name === undefined ? [] : [name]), "Agora"].join(" · ");
};

/** Keeps the title of the browser's tab up to date. */
export const followTitle = (): void => {
  effect(() => {
    document.title = documentTitle(route.value, run.value?.run);
  });
};
