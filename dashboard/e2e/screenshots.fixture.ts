/** Screenshots of every view, in dark and light, on desktop and phone, for people to inspect. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Closings } from "../../runtime/closings.fixture.ts";
import type { QuestionList } from "../view.ts";
import { desktop, type Look, phone, visit } from "./browser.fixture.ts";

const folder = fileURLToPath(new URL("./screenshots/", import.meta.url));

const looks: Readonly<Record<string, Look>> = {
  "desktop-dark": desktop,
  "desktop-light": { ...desktop, colorScheme: "light" },
  "phone-dark": { ...phone, colorScheme: "dark" },
  "phone-light": { ...phone, colorScheme: "light" },
};

export type Shown = "society" | "questions" | "question" | "growth" | "training" | "history";

/** The selector that shows that a view has rendered. */
const readySelectors: Readonly<Record<Shown, string>> = {
  society: ".card .node.lit",
  questions: ".question-table",
  question: ".solution",
  growth: ".plot canvas",
  training: ".gantt",
  history: ".components",
};

/** The question with the most verified solutions. */
const questionIn = async (url: string): Promise<string> => {
  const { lines } = (await (await fetch(new URL("api/questions?limit=200", url))).json()) as QuestionList;
  return lines.toSorted((a, b) => b.verified - a.verified)[0]?.question ?? "";
};

/** Writes `<name>-<view>-<look>.png` for each view. */
export const screenshots = async (url: string, name: string, views: readonly Shown[]): Promise<void> => {
  const closings = new Closings();
  mkdirSync(folder, { recursive: true });
  const id = encodeURIComponent(await questionIn(url));
  for (const [look, options] of Object.entries(looks)) {
    const { page } = await visit(closings, url, options);
    for (const view of views) {
      await page.goto(`${url}#/${view === "question" ? `questions/${id}` : view}`);
      await page.waitForSelector(readySelectors[view]);
      await page.waitForTimeout(name === "live" ? 1500 : 400);
      await page.screenshot({ path: `${folder}${name}-${view}-${look}.png` });
    }
    await closings.close();
  }
};
