/**
 * A complete visit to a live run with pocket models, a real server and a real browser. Each test continues from the
 * previous one.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { afterTest, Closings } from "../../runtime/closings.fixture.ts";
import { firstPicture } from "../page/state/shown.ts";
import type { QuestionList, QuestionView, RunView } from "../view.ts";
import { chromiumNote, moving, pictureOf, skipChromium, type Visit, visit } from "./browser.fixture.ts";
import { showViews } from "./screenshots.fixture.ts";
import { type PocketSociety, pocketSociety } from "./society.fixture.ts";

const kilobyte = 1000;
/** Limit for the first paint by the page's own clock [ms]. The target is 2000; the rest allows for a busy machine. */
const paintLimit = 5000;

const read = async <T>(url: string, path: string): Promise<T> =>
  (await (await fetch(new URL(path, url))).json()) as T;

/** How many frames the page asks for in a second. */
const framesAsked = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const ask = globalThis.requestAnimationFrame.bind(globalThis);
    let asked = 0;
    globalThis.requestAnimationFrame = (draw) => {
      asked += 1;
      return ask(draw);
    };
    await new Promise((resolve) => setTimeout(resolve, 1000));
    globalThis.requestAnimationFrame = ask;
    return asked;
  });

/** True for the browser's own message about a lost connection. */
const isConnectionLoss = (fault: string): boolean => /ERR_(CONNECTION|INCOMPLETE|EMPTY)/.test(fault);

describe.skipIf(skipChromium)(`a live run in the browser${chromiumNote}`, { timeout: 120_000 }, () => {
  const closings = new Closings();
  let society: PocketSociety;
  let visitor: Visit;
  /** The page's summary when the live run ended. */
  let last = "";

  beforeAll(async () => {
    society = await pocketSociety(closings);
    visitor = await visit(closings, society.page.url, moving);
  }, 120_000);

  afterAll(() => closings.close(), 60_000);

  const go = (view: string) => visitor.page.locator(".tabs a", { hasText: view }).click();
  const changesFrom = (picture: string) =>
    visitor.page.waitForFunction((was) => globalThis.agoraPicture() !== was, picture);

  test("paints within the time limit and loads under 300 kB", async () => {
    const { page, bytes } = visitor;
    await page.waitForSelector(".card .node.lit");
    const painted = await page.evaluate(
      (mark) => performance.getEntriesByName(mark)[0]?.startTime ?? Number.NaN,
      firstPicture,
    );
    console.info(`first picture after ${Math.round(painted)} ms, ${Math.round(bytes() / kilobyte)} kB`);
    expect(painted).toBeLessThan(paintLimit);
    expect(bytes()).toBeLessThan(300 * kilobyte);
  });

  test("shows state changes and message flows", async () => {
    const { page } = visitor;
    const before = await pictureOf(page);
    expect(before).toMatch(/wren v\d+ \[/);
    await changesFrom(before);
    await page.waitForFunction(() => document.querySelector(".edge.fired") !== null);
    await page.waitForFunction(() => Number(document.querySelector(".flow-total strong")?.textContent) > 0);
    await page.waitForFunction(() => document.querySelector(".chip strong") !== null);
  });

  test("shows the events behind an agent and a state", async () => {
    const { page } = visitor;
    await page.locator('.card[data-agent="wren"] h3 button').click();
    await page.waitForSelector(".drawer .events li");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".drawer", { state: "detached" });
    await page.locator('.card[data-agent="wren"] [data-node="solver.solving"]').click();
    await page.waitForSelector(".drawer .events li");
    expect(await page.locator(".drawer h2").textContent()).toBe("wren: solver.solving");
    await page.keyboard.press("Escape");
  });

  test("pauses, steps and returns to live", async () => {
    const { page } = visitor;
    await page.locator('.replay button[aria-label="Pause the view"]').click();
    await page.waitForSelector(".run-state >> text=view paused");
    const paused = await pictureOf(page);
    await page.waitForTimeout(1000);
    expect(await pictureOf(page)).toBe(paused);
    for (let steps = 0; steps < 40 && (await pictureOf(page)) === paused; steps++) {
      await page.locator(".replay button[aria-label=Step]").click();
    }
    expect(await pictureOf(page)).not.toBe(paused);
    await page.locator(".replay .live").click();
    await page.waitForSelector(".run-state >> text=live");
  });

  test("plays slowly, falls behind and catches up", async () => {
    const { page } = visitor;
    await page.locator(".speed select").selectOption("0.1");
    await page.waitForSelector(".run-state >> text=view behind");
    await changesFrom(await pictureOf(page));
    await page.locator(".speed select").selectOption("60");
    await page.waitForSelector(".run-state >> text=live");
  });

  test("shows a question with its full transcript", async () => {
    const { page } = visitor;
    const { url } = society.page;
    await go("Questions");
    await page.locator(".question-table tbody tr a").first().waitFor();
    const { lines } = await read<QuestionList>(url, "api/questions?limit=200");
    const id = encodeURIComponent(lines.findLast(({ solutions }) => solutions > 0)?.question ?? "");
    await page.goto(`${url}#/questions/${id}`);
    await page.waitForSelector(".solution");
    const { line, dossier } = await read<QuestionView>(url, `api/questions/${id}`);
    const shown = await page.locator("main").textContent();
    expect(shown).toContain(line.text);
    for (const { text } of dossier?.solutions ?? []) expect(shown).toContain(text);
    for (const { text } of dossier?.verdicts ?? []) expect(shown).toContain(text);
    expect(await page.locator(".solution").count()).toBe(dossier?.solutions.length);
  });

  test("filters the question list and keeps the filter in the address", async () => {
    const { page } = visitor;
    await go("Questions");
    await page.locator(".filters label", { hasText: "Author" }).locator("select").selectOption("mole");
    await page.waitForFunction(() =>
      [...document.querySelectorAll(".question-table tbody tr")].every(
        (row) => row.children[3]?.textContent === "mole",
      ),
    );
    expect(page.url()).toContain("author=mole");
  });

  test("adds points to the growth curves during the run", async () => {
    const { page } = visitor;
    await go("Growth");
    await page.waitForSelector(".plot canvas");
    const rows = "figure.plot:first-of-type tbody tr";
    await page.locator("figure.plot summary").first().click();
    await page.locator(rows).first().waitFor();
    const before = await page.locator(rows).count();
    const grows = ([selector, was]: [string, number]) => document.querySelectorAll(selector).length > was;
    await page.waitForFunction(grows, [rows, before] as [string, number]);
  });

  test("shows training jobs, their losses and the gate's result", async () => {
    const { page } = visitor;
    await go("Training");
    await page.waitForSelector(".gantt .job", { timeout: 110_000 });
    await page.waitForSelector("td .badge.good, td .badge.bad", { timeout: 110_000 });
    await page.waitForSelector(".gate .after");
    society.calm();
  });

  test("renders in every look without console errors or warnings", async () => {
    expect(await showViews(society.page.url, "live", ["society"])).toEqual([]);
    expect(visitor.faults).toEqual([]);
  });

  test("reconnects after a server restart", async () => {
    const { page, faults } = visitor;
    await go("Society");
    await page.waitForSelector(".card .node.lit");
    await society.restart(async () => {
      await page.waitForSelector(".run-state >> text=connection lost");
    });
    await page.waitForSelector(".run-state >> text=live");
    await changesFrom(await pictureOf(page));
    expect(faults.filter((fault) => !isConnectionLoss(fault))).toEqual([]);
  });

  test("reports the end of the run", async () => {
    const { page } = visitor;
    await society.run.stop();
    await page.waitForSelector(".run-state >> text=ended");
    last = await pictureOf(page);
    await page.close();
  });

  test("replays the run from start to the same end, and opens at a time given in the address", async () => {
    const { url } = await society.replay();
    const { page, faults } = await visit(afterTest, url, moving);
    await page.waitForSelector(".run-state >> text=replay");
    await page.waitForSelector(".card .node.lit");
    expect(await pictureOf(page)).toBe(last);
    expect(await framesAsked(page)).toBeLessThan(10);
    await page.locator(".speed select").selectOption("60");
    await page.locator(".replay button[aria-label=Play]").click();
    await page.waitForFunction((end) => globalThis.agoraPicture() !== end, last);
    await page.waitForSelector(".replay button[aria-label=Play]");
    await page.waitForFunction((end) => globalThis.agoraPicture() === end, last);
    const { startedAt } = await read<RunView>(url, "api/run");
    await page.goto(`${url}#t=${startedAt + 1500}`);
    await page.waitForFunction(() => document.querySelector(".clock strong")?.textContent === "0:01");
    const views = ["society", "questions", "question", "growth", "training", "history"] as const;
    expect(await showViews(url, "replay", views)).toEqual([]);
    expect(faults).toEqual([]);
  });
});
