/** The page of all runs in Chromium: find, tick, compare, and open a run. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareFolders } from "../../cli/commands/shelf.ts";
import { afterTest, Closings } from "../../runtime/closings.fixture.ts";
import { shelfFolder } from "../shelf/shelf.fixture.ts";
import { serveShelf } from "../shelf/shelf-server.ts";
import { chromiumNote, phone, skipChromium, type Visit, visit } from "./browser.fixture.ts";

const closings = new Closings();

describe.skipIf(skipChromium)(`all runs in the browser${chromiumNote}`, { timeout: 90_000 }, () => {
  let visitor: Visit;
  let url = "";
  const rows = ".run-table tbody tr";
  const names = () => visitor.page.locator(`${rows} td:nth-child(2)`).allTextContents();

  beforeAll(async () => {
    const folder = await shelfFolder(closings);
    const page = await serveShelf({ folder, port: 0, compare: compareFolders });
    closings.add(() => page.close());
    ({ url } = page);
    visitor = await visit(closings, url);
    await visitor.page.waitForFunction((selector) => document.querySelectorAll(selector).length === 6, rows);
  }, 90_000);

  afterAll(() => closings.close(), 60_000);

  test("lists runs, arms, and what cannot be read, within the size of the page", async () => {
    const { page, bytes, faults } = visitor;
    expect(await page.locator(".experiment h3").textContent()).toBe("Trial <b>");
    expect(await page.locator(`${rows} .badge.bad`).count()).toBe(1);
    expect(await page.textContent("main")).toContain("1 folder without a run: foreign");
    expect(bytes()).toBeLessThan(300_000);
    expect(faults).toEqual([]);
  });

  test("sorts and searches", async () => {
    const { page } = visitor;
    await page.locator("thead button", { hasText: "run" }).click();
    expect((await names())[0]).toBe("alone");
    await page.locator("thead button", { hasText: "run" }).click();
    expect((await names())[0]).toBe("trial-full-2");
    expect(await page.locator("th[aria-sort]").getAttribute("aria-sort")).toBe("descending");
    await page.locator("input[type=search]").fill("calm seed 2");
    await expect.poll(names).toEqual(["trial-calm-2"]);
    await page.locator("input[type=search]").fill("");
  });

  test("draws ticked runs in one figure, with a band over the seeds of an arm", async () => {
    const { page, faults } = visitor;
    await page.locator(".experiment button", { hasText: "Compare all arms" }).click();
    await page.waitForSelector(".overlay .plot canvas");
    await expect
      .poll(() => page.locator(".overlay .legend-name").allTextContents())
      .toEqual(["trial · full (2 seeds)", "trial · calm (2 seeds)"]);
    await page.locator(".overlay summary").click();
    expect(await page.locator(".overlay tbody td").first().textContent()).toMatch(/\(.* to .*\)/);
    await page.locator(".measure select").selectOption({ label: "difficulty" });
    await page.waitForFunction(() => document.querySelector(".overlay h3")?.textContent === "difficulty");
    expect(faults).toEqual([]);
  });

  test("shows what was set differently, and differences with intervals", async () => {
    const { page } = visitor;
    await page.waitForSelector(".results");
    expect(await page.locator(".settings tbody th").allTextContents()).toContain("fem");
    expect(await page.locator(".results").count()).toBe(3);
    const cells = await page.locator(".results tbody tr").first().locator("td").allTextContents();
    expect(cells[3]).toMatch(/^[+−][\d.]+ to [+−][\d.]+$/);
    const means = await page.locator(".results tbody tr").count();
    await page.locator(".compared input[type=checkbox]").check();
    expect(await page.locator(".results tbody tr").count()).toBeGreaterThan(means);
  });

  test("keeps the choice in the address, and opens a run's own page and the way back", async () => {
    const { page, faults } = visitor;
    await page.reload();
    await page.waitForSelector(".results");
    await page.locator(`${rows} a`, { hasText: "trial-full-1" }).click();
    await page.waitForSelector("main .view");
    expect(page.url()).toContain("/run/trial%2Ftrial-full-1/");
    await page.goto(`${page.url().split("#")[0]}#/growth`);
    await page.waitForSelector(".plot canvas");
    await page.locator(".shelf-link").click();
    await page.waitForSelector(rows);
    expect(faults).toEqual([]);
  });

  test("fits a phone", async () => {
    const { page, faults } = await visit(afterTest, url, phone);
    await page.waitForSelector(rows);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    expect(faults).toEqual([]);
  });
});
