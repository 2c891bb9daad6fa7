/**
 * Every view passes axe: no violation of level serious or critical, in both colour schemes, wide and narrow. None is wider
 * than the window.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareFolders } from "../../cli/commands/shelf.ts";
import { slowScripts } from "../../cli/host/scripted-society.ts";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { Closings } from "../../runtime/closings.fixture.ts";
import { livePage, read } from "../page.fixture.ts";
import { ownPage } from "../server/listening.ts";
import { shelfFolder } from "../shelf/shelf.fixture.ts";
import { serveShelf } from "../shelf/shelf-server.ts";
import type { GrowthView, QuestionList } from "../view.ts";
import { chromiumNote, type Look, skipChromium, visit } from "./browser.fixture.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

type Scheme = "light" | "dark";

/** A size of the window, and the scheme in which all rules are checked; in the other one the colours are. */
interface Size {
  readonly name: string;
  readonly viewport: NonNullable<Look["viewport"]>;
  readonly scheme: Scheme;
}

const sizes: readonly Size[] = [
  { name: "wide", viewport: { width: 1280, height: 800 }, scheme: "light" },
  { name: "narrow", viewport: { width: 360, height: 800 }, scheme: "dark" },
];

/** The rules whose finding depends on colours. */
const colourRules = ["color-contrast", "link-in-text-block"];

/** No violation on any view, and nothing wrong in the browser. */
const clean = Object.fromEntries(sizes.map(({ name }) => [name, { faults: [] }]));

/** A view by its hash, what stands on it once it is there, and what is done to it before it is looked at. */
interface Stop {
  readonly hash: string;
  readonly sign: string;
  readonly open?: (page: Page) => Promise<unknown>;
  /** What opens; the rest of the page is that of another stop. Default: the whole page is checked. */
  readonly part?: string;
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
    part: ".drawer",
  },
  { hash: "#/society/ant", sign: ".statechart-trail li, .statechart-trail .quiet" },
  { hash: "#/questions", sign: ".question-table" },
  { hash: "#/growth", sign: ".figure canvas, .plot canvas" },
  { hash: "#/training", sign: "main h2, main .nothing" },
  { hash: "#/history", sign: "main h2, main .nothing" },
  { hash: "#/nothing", sign: ".unknown" },
];

/** The violations in a part of the page, as text. */
const violationsIn = async (page: Page, part: string, rules?: readonly string[]): Promise<string[]> => {
  if (await page.evaluate('typeof axe === "undefined"')) await page.evaluate(axe);
  const runOnly = rules === undefined ? {} : { runOnly: { type: "rule", values: rules } };
  const given = [part, { resultTypes: ["violations"], ...runOnly }].map((value) => JSON.stringify(value));
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${given.join()})`);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")} ${failureSummary}`),
    );
};

const show = async (page: Page, scheme: Scheme): Promise<void> => {
  await page.emulateMedia({ colorScheme: scheme });
  await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, scheme);
};

/** In both schemes: all violations in one, those of colours in the other. The first scheme is shown again. */
const violationsInBoth = async (page: Page, scheme: Scheme, part = "html"): Promise<string[]> => {
  const violations = await violationsIn(page, part);
  const other = scheme === "light" ? "dark" : "light";
  await show(page, other);
  const colours = await violationsIn(page, part, colourRules);
  await show(page, scheme);
  return [...violations.map((text) => `${scheme}: ${text}`), ...colours.map((text) => `${other}: ${text}`)];
};

/** What reaches beyond the window, in pixels. */
const widthBeyond = async (page: Page): Promise<string[]> => {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return beyond > 0 ? [`${beyond} px wider than the window`] : [];
};

/** By view. */
const faultsAt = async (
  page: Page,
  stops: readonly Stop[],
  scheme: Scheme,
): Promise<Record<string, string[]>> => {
  const found: Record<string, string[]> = {};
  for (const { hash, sign, open, part } of stops) {
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
    await page.waitForSelector(sign, { state: "attached" });
    await open?.(page);
    const faults = [...(await widthBeyond(page)), ...(await violationsInBoth(page, scheme, part))];
    if (faults.length > 0) found[`${hash}${open === undefined ? "" : ", opened"}`] = faults;
    await page.keyboard.press("Escape");
  }
  return found;
};

describe.skipIf(skipChromium)(`axe${chromiumNote}`, { timeout: 600_000 }, () => {
  const closings = new Closings();
  let folder = "";

  beforeAll(async () => {
    folder = await shelfFolder(closings);
  }, 120_000);
  afterAll(() => closings.close(), 60_000);

  /** What is found in each size. A page is closed before the next one is opened, so that only one is drawn. */
  const inEachSize = async (
    address: string,
    check: (page: Page, scheme: Scheme) => Promise<Record<string, string[]>>,
  ): Promise<Record<string, unknown>> => {
    const found: Record<string, unknown> = {};
    for (const { name, viewport, scheme } of sizes) {
      const visiting = new Closings();
      const look = { viewport, colorScheme: scheme } as const;
      const { page, faults } = await visit(visiting, address, look);
      found[name] = { ...(await check(page, scheme)), faults };
      await visiting.close();
    }
    return found;
  };

  test("finds nothing serious on a live run that is paused, with its acts", async () => {
    const config = societyConfig({ rounds: 10_000, bufferThreshold: 8, gate: false });
    const scripts = slowScripts(["ant", "bee", "cat"], 0.02);
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
        part: ".acts",
      },
    ];
    const check = (shown: Page, scheme: Scheme) => faultsAt(shown, stops, scheme);
    expect(await inEachSize(page.url, check)).toEqual(clean);
  });

  test("finds nothing serious on all runs, and on a finished one", async () => {
    const shelf = await serveShelf({ folder, port: 0, compare: compareFolders });
    closings.add(() => shelf.close());
    const check = async (page: Page, scheme: Scheme) => {
      await page.locator(".experiment button", { hasText: "Compare all arms" }).click();
      await page.waitForSelector(".overlay .plot canvas");
      const found = [...(await widthBeyond(page)), ...(await violationsInBoth(page, scheme))];
      await page.goto(`${shelf.url}run/alone/`);
      const others = await faultsAt(page, societyStops, scheme);
      return { ...(found.length > 0 ? { shelf: found } : {}), ...others };
    };
    expect(await inEachSize(shelf.url, check)).toEqual(clean);
  });
});
