/** Pictures of every view, dark and light, on a desk and on a phone, for people to look at. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { QuestionList } from "../view.ts";
import { desktop, type Look, phone, visit } from "./browser.fixture.ts";
import { Closings } from "./closings.fixture.ts";

const folder = fileURLToPath(new URL("./screenshots/", import.meta.url));

const looks: Readonly<Record<string, Look>> = {
  "desktop-dark": desktop,
  "desktop-light": { ...desktop, colorScheme: "light" },
  "phone-dark": { ...phone, colorScheme: "dark" },
  "phone-light": { ...phone, colorScheme: "light" },
};

export type Shown = "society" | "questions" | "question" | "growth" | "training" | "history";

/** What a view shows once it is there. */
const signs: Readonly<Record<Shown, string>> = {
  society: ".card .node.lit",
  questions: ".question-table",
  question: ".solution",
  growth: ".plot canvas",
  training: ".gantt",
  history: ".components",
};

/** A question with something to see: the one with the most verified solutions. */
const questionIn = async (url: string): Promise<string> => {
  const { lines } = (await (await fetch(new URL("api/questions?limit=200", url))).json()) as QuestionList;
  return lines.toSorted((a, b) => b.verified - a.verified)[0]?.question ?? "";
};

/** Writes `<name>-<view>-<look>.png` of each view. */
export const screenshots = async (url: string, name: string, views: readonly Shown[]): Promise<void> => {
  const closings = new Closings();
  mkdirSync(folder, { recursive: true });
  const id = encodeURIComponent(await questionIn(url));
  for (const [look, options] of Object.entries(looks)) {
    const { page } = await visit(closings, url, options);
    for (const view of views) {
      await page.goto(`${url}#/${view === "question" ? `questions/${id}` : view}`);
      await page.waitForSelector(signs[view]);
      await page.waitForTimeout(name === "live" ? 1500 : 400);
      await page.screenshot({ path: `${folder}${name}-${view}-${look}.png` });
    }
    await closings.close();
  }
};
