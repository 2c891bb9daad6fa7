/**
 * Visits views in dark and light, on desktop and phone. With AGORA_SCREENSHOTS set it also writes a picture of each to
 * `screenshots/`, for people to look at.
 */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Closings } from "../../runtime/closings.fixture.ts";
import type { QuestionList } from "../view.ts";
import { type Look, moving, phone, visit } from "./browser.fixture.ts";

const folder = fileURLToPath(new URL("./screenshots/", import.meta.url));
const isWanted = Boolean(process.env.AGORA_SCREENSHOTS);

const looks: Readonly<Record<string, Look>> = {
  "desktop-dark": moving,
  "desktop-light": { ...moving, colorScheme: "light" },
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

/** A question with solutions, as many verified as there are. */
const questionIn = async (url: string): Promise<string> => {
  const { lines } = (await (await fetch(new URL("api/questions?limit=200", url))).json()) as QuestionList;
  const solved = lines.filter(({ solutions }) => solutions > 0).toSorted((a, b) => b.verified - a.verified);
  if (solved[0] === undefined) throw new Error(`none of ${lines.length} questions has a solution`);
  return solved[0].question;
};

/** Shows each view in every look; the faults that the browser reported. Pictures are `<name>-<view>-<look>.png`. */
export const showViews = async (url: string, name: string, views: readonly Shown[]): Promise<string[]> => {
  const id = encodeURIComponent(await questionIn(url));
  const found: string[] = [];
  for (const [look, options] of Object.entries(looks)) {
    const closings = new Closings();
    const { page, faults } = await visit(closings, url, options);
    for (const view of views) {
      await page.goto(`${url}#/${view === "question" ? `questions/${id}` : view}`);
      await page.waitForSelector(readySelectors[view]).catch(async (cause: unknown) => {
        throw new Error(`${view} of ${id} shows: ${await page.textContent("body")}`, { cause });
      });
      if (!isWanted) continue;
      mkdirSync(folder, { recursive: true });
      await page.waitForTimeout(name === "live" ? 1500 : 400);
      await page.screenshot({ path: `${folder}${name}-${view}-${look}.png` });
    }
    await closings.close();
    found.push(...faults.map((fault) => `${look}: ${fault}`));
  }
  return found;
};
