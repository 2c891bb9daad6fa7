/** The page with keyboard control, reduced motion and accessible names. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { slowScript } from "../../cli/host/scripted-society.ts";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { afterTest, Closings } from "../../runtime/closings.fixture.ts";
import { livePage } from "../page.fixture.ts";
import { chromiumNote, desktop, type Look, skipChromium, type Visit, visit } from "./browser.fixture.ts";

const pageFolder = new URL("../page/", import.meta.url).pathname;

/** The voter's text contains HTML, which the page must show as text in its live events. */
const markupScript = (seed: number) => {
  const script = slowScript(seed, 0.05);
  const markup = `<img src=x onerror="globalThis.pwned = 1"> first`;
  return { ...script, voter: () => ({ text: markup, delaySeconds: 0.05 }) };
};

/** The element with the focus, in a few words. */
const focused = ({ page }: Visit): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement;
    const state = element?.getAttribute("data-node");
    return state ?? element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
  });

const views = ["society", "society/ant", "questions", "growth", "training", "history"];

describe.skipIf(skipChromium)(`the page's accessibility${chromiumNote}`, { timeout: 90_000 }, () => {
  const closings = new Closings();
  let url = "";

  beforeAll(async () => {
    const config = societyConfig({ rounds: 100_000 }, {}, closings);
    const scripts = Object.fromEntries(["ant", "bee", "cat"].map((name, seed) => [name, markupScript(seed)]));
    const { page } = await livePage(config, { scripts, pageFolder }, closings);
    ({ url } = page);
  }, 60_000);

  afterAll(() => closings.close(), 60_000);

  const watched = async (look: Look = desktop): Promise<Visit> => {
    const visitor = await visit(afterTest, url, look);
    await visitor.page.waitForSelector(".card .node.lit");
    return visitor;
  };

  test("can be used by keyboard alone", async () => {
    const visitor = await watched();
    const { page, faults } = visitor;
    const press = (key: string) => page.keyboard.press(key);
    await press("Tab");
    await expect.poll(() => focused(visitor)).toBe("Skip to the content");
    await press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");

    // A chart is one tab stop. Arrow keys move between states, Enter opens the events, Escape returns.
    await page.locator('.card[data-agent="ant"] svg.chart').focus();
    await press("ArrowRight");
    const state = await focused(visitor);
    expect(state).not.toBe("");
    await press("ArrowRight");
    await expect.poll(() => focused(visitor)).not.toBe(state);
    await press("ArrowLeft");
    await expect.poll(() => focused(visitor)).toBe(state);
    await press("Enter");
    await page.waitForSelector(".drawer");
    await expect.poll(() => focused(visitor)).toBe("Close");
    await press("Escape");
    await page.waitForSelector(".drawer", { state: "detached" });
    await expect.poll(() => focused(visitor)).toBe(state);

    // The slider pauses the page at an earlier time; a button returns to live.
    await page.locator(".replay .time").focus();
    await press("ArrowLeft");
    await page.waitForSelector(".run-state >> text=paused");
    await page.locator(".replay .live").focus();
    await press("Enter");
    await page.waitForSelector(".run-state >> text=live");

    // A curve's values can be read by keyboard.
    await page.locator(".tabs a", { hasText: "Growth" }).focus();
    await press("Enter");
    await page.waitForSelector(".plot canvas");
    await page.waitForFunction(
      () => document.querySelector("figure.plot")?.querySelector(".nothing") === null,
    );
    await page.locator(".plot-area").first().focus();
    await press("ArrowLeft");
    await page.waitForFunction(() => /^round \d/.test(document.querySelector(".plot-at")?.textContent ?? ""));
    expect(faults).toEqual([]);
  });

  test("gives every control an accessible name and switches between light and dark", async () => {
    const { page, faults } = await watched();
    const { origin } = new URL(page.url());
    for (const view of views) {
      await page.goto(`${origin}/#/${view}`);
      await page.waitForSelector("main .view");
      const nameless = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>("button, a, input, select, summary, [tabindex='0']")]
          .filter((element) => {
            const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
            const said = [
              element.textContent,
              element.getAttribute("aria-label"),
              ...labels.map((l) => l.textContent),
            ];
            return said.every((text) => (text ?? "").trim() === "");
          })
          .map((element) => element.outerHTML.slice(0, 100)),
      );
      expect(nameless).toEqual([]);
    }
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.locator('button[aria-label="Switch to light"]').click();
    expect(await ground()).not.toBe(dark);
    await page.reload();
    await page.waitForSelector(".card .node.lit, main .view");
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("light");
    expect(faults).toEqual([]);
  });

  test("draws no animation with reduced motion, and shows live event texts as text", async () => {
    const { page, faults } = await watched({ ...desktop, reducedMotion: "reduce" });
    await page.waitForFunction(() => Number(document.querySelector(".flow-total strong")?.textContent) > 0);
    const isBlank = await page.evaluate(() => {
      const canvas = document.querySelectorAll<HTMLCanvasElement>(".flow-picture canvas")[1];
      const pixels = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
      return pixels?.every((value) => value === 0);
    });
    expect(isBlank).toBe(true);
    await page.locator('.card[data-agent="questions"] h3 button').click();
    await page.waitForSelector(".drawer .events >> text=<img src=x");
    expect(await page.evaluate(() => "pwned" in globalThis)).toBe(false);
    expect(await page.locator("main img, .drawer img").count()).toBe(0);
    expect(faults).toEqual([]);
  });
});
