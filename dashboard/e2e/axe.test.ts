/** Every view passes axe: no violation of level serious or critical, in both colour schemes, wide and narrow. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareFolders } from "../../cli/commands/shelf.ts";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { Closings } from "../../runtime/closings.fixture.ts";
import { livePage, read, slowScript } from "../page.fixture.ts";
import { ownPage } from "../server/listening.ts";
import { shelfFolder } from "../shelf/shelf.fixture.ts";
import { serveShelf } from "../shelf/shelf-server.ts";
import type { GrowthView, QuestionList } from "../view.ts";
import { chromiumNote, type Look, skipChromium, TestBrowser, visit } from "./browser.fixture.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const wide = { width: 1280, height: 800 };
const narrow = { width: 390, height: 844 };
const looks: readonly (readonly [string, Look])[] = [
  ["light, wide", { viewport: wide, colorScheme: "light", reducedMotion: "reduce" }],
  ["dark, wide", { viewport: wide, colorScheme: "dark", reducedMotion: "reduce" }],
  ["light, narrow", { viewport: narrow, colorScheme: "light", reducedMotion: "reduce" }],
  ["dark, narrow", { viewport: narrow, colorScheme: "dark", reducedMotion: "reduce" }],
];

/** No violation on any view, and nothing wrong in the browser. */
const clean = Object.fromEntries(looks.map(([name]) => [name, { faults: [] }]));

/** A view by its hash, what stands on it once it is there, and what is done to it before it is looked at. */
interface Stop {
  readonly hash: string;
  readonly sign: string;
  readonly open?: (page: Page) => Promise<unknown>;
}

const societyStops: readonly Stop[] = [
  { hash: "#/society", sign: ".card svg" },
  {
    hash: "#/society",
    sign: ".card svg .node",
    open: async (page) => {
      await page.locator(".card svg .node").first().press("Enter");
      await page.waitForSelector(".drawer li");
    },
  },
  { hash: "#/society/ant", sign: ".statechart-trail li, .statechart-trail .quiet" },
  { hash: "#/questions", sign: ".question-table" },
  { hash: "#/growth", sign: ".figure canvas, .plot canvas" },
  { hash: "#/training", sign: "main h2, main .nothing" },
  { hash: "#/history", sign: "main h2, main .nothing" },
  { hash: "#/nothing", sign: ".unknown" },
];

/** The violations of what the page shows, as text. */
const violationsOn = async (page: Page): Promise<string[]> => {
  if (await page.evaluate('typeof axe === "undefined"')) await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")} ${failureSummary}`),
    );
};

/** By view. */
const violationsAt = async (page: Page, stops: readonly Stop[]): Promise<Record<string, string[]>> => {
  const found: Record<string, string[]> = {};
  for (const { hash, sign, open } of stops) {
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
    await page.waitForSelector(sign, { state: "attached" });
    await open?.(page);
    const violations = await violationsOn(page);
    if (violations.length > 0) found[`${hash}${open === undefined ? "" : ", opened"}`] = violations;
    await page.keyboard.press("Escape");
  }
  return found;
};

describe.skipIf(skipChromium)(`axe${chromiumNote}`, { timeout: 600_000 }, () => {
  const closings = new Closings();
  const browser = new TestBrowser(closings);
  let folder = "";

  beforeAll(async () => {
    folder = await shelfFolder(closings);
  }, 120_000);
  afterAll(() => closings.close(), 60_000);

  test("finds nothing serious on a live run that is paused, with its acts", async () => {
    const config = societyConfig({ rounds: 10_000, bufferThreshold: 8, gate: false });
    const scripts = Object.fromEntries(
      ["ant", "bee", "cat"].map((name, seed) => [name, slowScript(seed, 0.02)]),
    );
    const { run, page } = await livePage(config, { scripts, pageFolder: ownPage });
    const { question = "" } = await run.acts.perform({ act: "ask", text: "7*8+5" });
    const rounds = async () => (await read<GrowthView>(page, "api/growth")).rounds.length;
    await expect.poll(rounds, { timeout: 120_000 }).toBeGreaterThan(2);
    await run.acts.perform({ act: "pause" });
    const list = await read<QuestionList>(page, "api/questions?outcome=settled");
    const id = list.lines[0]?.question ?? "";
    const stops: Stop[] = [
      ...societyStops,
      { hash: `#/questions/${id}`, sign: ".solution" },
      { hash: `#/questions/${id}?tab=sequence`, sign: ".question-parts svg, .question-parts table" },
      { hash: `#/questions/${question}`, sign: ".verdict-panel" },
      {
        hash: "#/society?open",
        sign: ".act-bar",
        open: (shown) => shown.locator(".act-bar button", { hasText: "More" }).click(),
      },
    ];
    const found: Record<string, unknown> = {};
    for (const [name, look] of looks) {
      const visitor = await visit(browser, closings, page.url, look);
      found[name] = { ...(await violationsAt(visitor.page, stops)), faults: visitor.faults };
    }
    expect(found).toEqual(clean);
  });

  test("finds nothing serious on all runs, and on a finished one", async () => {
    const shelf = await serveShelf({ folder, port: 0, compare: compareFolders });
    closings.add(() => shelf.close());
    const found: Record<string, unknown> = {};
    for (const [name, look] of looks) {
      const { page, faults } = await visit(browser, closings, shelf.url, look);
      await page.locator(".experiment button", { hasText: "Compare all arms" }).click();
      await page.waitForSelector(".overlay .plot canvas");
      const violations = await violationsOn(page);
      await page.goto(`${shelf.url}run/alone/`);
      found[name] = {
        ...(violations.length > 0 ? { shelf: violations } : {}),
        ...{ ...(await violationsAt(page, societyStops)), faults },
      };
    }
    expect(found).toEqual(clean);
  });
});
