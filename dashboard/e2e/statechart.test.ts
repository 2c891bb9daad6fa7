/** The enlarged statechart and the sequence diagram of a question, on a scripted run in a real browser. */
import type { Page as BrowserPage, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMachine } from "xstate";
import { runFolder } from "../../cli/host/host.ts";
import { slowScripts } from "../../cli/host/scripted-society.ts";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { afterTest, Closings } from "../../runtime/closings.fixture.ts";
import { livePage, replayPage } from "../page.fixture.ts";
import { playRecorded } from "../recorded-run.fixture.ts";
import type { EventView, Frame, QuestionList, RunView } from "../view.ts";
import {
  chromiumNote,
  type Look,
  moving,
  phone,
  skipChromium,
  type Visit,
  visit,
} from "./browser.fixture.ts";

const pageFolder = new URL("../page/", import.meta.url).pathname;

const canvas = ".statechart-canvas";

/** Smallest size of a text of the enlarged chart on the screen [px]. */
const smallestText = (page: BrowserPage): Promise<number> =>
  page.evaluate(() => {
    const texts = [...document.querySelectorAll<SVGTextElement>("svg.large text")];
    const sizes = texts
      .filter(({ textContent }) => textContent !== "")
      .map((text) => Number.parseFloat(getComputedStyle(text).fontSize) * (text.getScreenCTM()?.a ?? 0));
    return Math.min(...sizes);
  });

/** Position and scale of the chart. */
const viewport = async (page: BrowserPage): Promise<{ x: number; y: number; scale: number }> => {
  const transform = (await page.locator("svg.large .stage").getAttribute("transform")) ?? "";
  const [x = Number.NaN, y = Number.NaN, scale = Number.NaN] = (transform.match(/-?[\d.]+/g) ?? []).map(
    Number,
  );
  return { x, y, scale };
};

const middle = async (page: BrowserPage): Promise<[number, number]> => {
  const { x, y, width, height } = (await page.locator(canvas).boundingBox()) ?? {
    x: 0,
    y: 0,
    width: 0,
    height: 0,
  };
  return [x + width / 2, y + height / 2];
};

/** Whether all of the chart is in its frame. */
const isWhole = (page: BrowserPage): Promise<boolean> =>
  page.evaluate(() => {
    const [root, frame] = ['svg.large [data-node=""] rect', ".statechart-canvas"].map((selector) =>
      document.querySelector(selector)?.getBoundingClientRect(),
    );
    if (root === undefined || frame === undefined) return false;
    return (
      root.left >= frame.left &&
      root.right <= frame.right &&
      root.top >= frame.top &&
      root.bottom <= frame.bottom
    );
  });

/** The busiest arrow from one to another, once the flow's table shows it. */
const flowRow = async (page: BrowserPage, from: string, to: string): Promise<Locator> => {
  const cell = (column: number, text: string) =>
    page.locator(`td:nth-child(${column})`, { hasText: new RegExp(`^${text}$`) });
  const rows = page.locator(".flow tbody tr", { has: cell(1, from) }).filter({ has: cell(2, to) });
  await rows.first().waitFor();
  return rows.first();
};

/** Of what moves on the page while arrows are taken, the most at a time. */
const mostAnimations = async (page: BrowserPage): Promise<number> => {
  await page.waitForSelector(".edge.fired");
  return page.evaluate(async () => {
    let most = 0;
    for (let look = 0; look < 20; look += 1) {
      most = Math.max(most, document.getAnimations().length);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return most;
  });
};

describe.skipIf(skipChromium)(`an enlarged statechart${chromiumNote}`, { timeout: 180_000 }, () => {
  const closings = new Closings();
  let url = "";

  beforeAll(async () => {
    const names = ["ant", "bee", "cat"];
    const scripts = slowScripts(names, 0.05);
    const config = societyConfig({ rounds: 100_000 }, {}, closings);
    const { page } = await livePage(config, { scripts, pageFolder }, closings);
    ({ url } = page);
  }, 60_000);

  afterAll(() => closings.close(), 60_000);

  const watched = (address: string, look?: Look): Promise<Visit> =>
    visit(afterTest, `${url}#/${address}`, look);

  test("opens from a card at a readable size and closes by Escape, back to the card", async () => {
    const { page, faults } = await watched("society");
    for (const agent of ["ant", "questions", "supervisor"]) {
      await page.locator(`.card[data-agent="${agent}"] .enlarge`).click();
      await page.waitForSelector("svg.large .node.lit");
      expect(page.url()).toContain(`#/society/${agent}`);
      expect(await smallestText(page)).toBeGreaterThanOrEqual(12);
      expect(await page.locator("svg.large .initial").count()).toBeGreaterThan(0);
      await page.keyboard.press("Escape");
      await page.waitForSelector(".statechart", { state: "detached" });
      await page.waitForFunction(
        (name) => document.activeElement?.closest(".card")?.getAttribute("data-agent") === name,
        agent,
      );
    }
    expect(faults).toEqual([]);
  });

  test("is moved and zoomed by mouse, wheel, buttons and keys, and fits", async () => {
    const { page, faults } = await watched("society/supervisor");
    await page.waitForSelector("svg.large .node.lit");
    // A chart that the reader has moved no longer follows its states.
    await page.locator("svg.large").focus();
    await page.keyboard.press("Shift+ArrowDown");
    const first = await viewport(page);
    const [x, y] = await middle(page);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x - 90, y - 40, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => viewport(page)).toEqual({ ...first, x: first.x - 90, y: first.y - 40 });
    expect(await page.locator(".node.chosen, .edge.chosen").count()).toBe(0);
    await page.mouse.wheel(0, -200);
    await expect.poll(async () => (await viewport(page)).scale).toBeGreaterThan(1.2);
    await page.getByRole("button", { name: "Fit the chart" }).click();
    expect(await isWhole(page)).toBe(true);
    await page.getByRole("button", { name: "Zoom in" }).click();
    const { scale } = await viewport(page);
    await page.locator("svg.large").focus();
    await page.keyboard.press("-");
    await expect.poll(async () => (await viewport(page)).scale).toBeLessThan(scale);
    const before = await viewport(page);
    await page.keyboard.press("Shift+ArrowRight");
    await expect.poll(async () => (await viewport(page)).x).toBeLessThan(before.x);
    await page.keyboard.press("1");
    expect(await smallestText(page)).toBeGreaterThanOrEqual(12);
    await page.keyboard.press("0");
    expect(await isWhole(page)).toBe(true);
    expect(faults).toEqual([]);
  });

  test("is moved with a finger and zoomed with two", async () => {
    const { page, faults } = await watched("society/questions", { ...phone });
    await page.waitForSelector("svg.large .node");
    await page.getByRole("button", { name: "Zoom in" }).click();
    const first = await viewport(page);
    const [x, y] = await middle(page);
    const wire = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: [number, number][]) =>
      wire.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })),
      });
    await touch("touchStart", [[x, y]]);
    for (const step of [10, 30, 60]) await touch("touchMove", [[x, y - step]]);
    await touch("touchEnd", []);
    await expect.poll(async () => (await viewport(page)).y).toBeLessThan(first.y - 30);
    await touch("touchStart", [
      [x - 30, y],
      [x + 30, y],
    ]);
    for (const step of [40, 60, 90])
      await touch("touchMove", [
        [x - step, y],
        [x + step, y],
      ]);
    await touch("touchEnd", []);
    await expect.poll(async () => (await viewport(page)).scale).toBeGreaterThan(1.5 * first.scale);
    expect(faults).toEqual([]);
  });

  test("lights the arrow that was taken, and says how often each was", async () => {
    const { page, faults } = await watched("society/ant");
    await page.waitForSelector("svg.large .edge.fired");
    const fired = page.locator("svg.large .edge.fired");
    // One event takes at most one arrow of each region.
    const regions = (
      await fired.evaluateAll((edges) => edges.map((edge) => edge.getAttribute("data-edge")))
    ).map((id) => id?.split(/[.#]/)[0]);
    expect(new Set(regions).size).toBe(regions.length);
    await page.waitForFunction(() =>
      [...document.querySelectorAll(".times")].some((t) => /^×\d+$/.test(t.textContent)),
    );
    // A state in which a region rests is paler than one in which something happens.
    await page.waitForFunction(() => {
      const fills = [".node.lit.rest > rect", ".node.lit:not(.rest, .parent) > rect"].map((selector) => {
        const rect = document.querySelector(`svg.large ${selector}`);
        return rect === null ? undefined : getComputedStyle(rect).fill;
      });
      return fills.every((fill) => fill !== undefined) && fills[0] !== fills[1];
    });
    expect(faults).toEqual([]);
  });

  test("flashes where the arrow is taken; cards do not, and nothing does for those who want less motion", async () => {
    const { page } = await watched("society/ant", moving);
    await page.waitForFunction(() => document.getAnimations().length > 0);
    await page.goto(`${url}#/society`);
    expect(await mostAnimations(page)).toBe(0);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(`${url}#/society/ant`);
    expect(await mostAnimations(page)).toBe(0);
  });

  test("shows how many of a crowd are in each state", async () => {
    const { page, faults } = await watched("society/questions");
    await page.waitForFunction(
      () => document.querySelector('svg.large .node:not([data-heat="0"]) .count')?.textContent,
    );
    const counted = await page.evaluate(() =>
      [...document.querySelectorAll("svg.large .node")].flatMap((node) => {
        const count = Number(node.querySelector(".count")?.textContent ?? "");
        return count > 0 ? [[count, Number(node.getAttribute("data-heat"))] as const] : [];
      }),
    );
    const total = counted.reduce((sum, [count]) => sum + count, 0);
    const facts = await page.locator(".statechart-facts").textContent();
    expect(facts).toMatch(/^question, \d+ now$/);
    for (const [count, heat] of counted) expect(heat, `${count} of ${total}`).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  test("leads from a state to the events that led there, and to their questions", async () => {
    const { page, faults } = await watched("society/ant");
    await page.waitForSelector(".statechart-trail .events li.took");
    await page.locator('svg.large [data-node="solver.solving"]').click();
    await page.waitForSelector(".state-crumbs >> text=solving");
    await page.waitForSelector('.node.chosen[data-node="solver.solving"]');
    const event = page.locator(".statechart-trail .events li.took").first();
    await event.hover();
    await page.waitForSelector("svg.large .edge.pointed");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".node.chosen", { state: "detached" });
    const link = page.locator(".statechart-trail .events a").last();
    expect(await link.getAttribute("href")).toMatch(/^#\/questions\/q/);
    expect(faults).toEqual([]);
  });

  test.each(["ant", "questions"])("an arrow of %s shows its events alone", async (sender) => {
    const { page, faults } = await watched("society");
    await page.locator(".flow summary").click();
    const row = await flowRow(page, sender, "bee");
    const read = page.waitForResponse((answer) => answer.url().includes("api/events?"));
    await row.locator("button").click();
    const answer = await read;
    const asked = new URL(answer.url()).searchParams;
    expect([asked.get("agent"), asked.get("from")]).toEqual(["bee", sender]);
    // Messages of several senders that arrive together are one event.
    const isSender = (name: string) => (sender === "ant" ? name === "ant" : name.includes("/"));
    const events = (await answer.json()) as EventView[];
    expect(events.length).toBeGreaterThan(0);
    expect(events.filter(({ senders }) => !senders.some(isSender))).toEqual([]);
    await page.waitForSelector(`.drawer h2 >> text=${sender} → bee`);
    await page.waitForSelector(".drawer .events li");
    expect(faults).toEqual([]);
  });

  test("is copied as an XState configuration and as Mermaid", async () => {
    const { page, faults } = await watched("society/ant");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const copied = async (format: string): Promise<string> => {
      await page.locator(".copy-menu button", { hasText: format }).click();
      await page.waitForFunction(
        () => !/Loading/.test(document.querySelector(".copy-body pre")?.textContent ?? "Loading"),
      );
      await page.locator(".copy-body button", { hasText: "Copy" }).click();
      await page.waitForSelector(".copy-body >> text=Copied.");
      return page.evaluate(() => navigator.clipboard.readText());
    };
    const machine = createMachine(JSON.parse(await copied("XState")));
    expect(Object.keys(machine.states)).toContain("verifier");
    expect(await copied("Mermaid")).toContain("stateDiagram-v2");
    expect(await copied("Stately")).toContain("createMachine(");
    const link = page.locator(".copy-body a");
    expect(await link.getAttribute("href")).toBe("https://stately.ai/editor");
    expect(await link.getAttribute("rel")).toBe("noopener noreferrer");
    expect(faults).toEqual([]);
  });
});

describe.skipIf(skipChromium)(`a recorded run${chromiumNote}`, { timeout: 180_000 }, () => {
  const own = new Closings();
  let url = "";
  let question = "";

  beforeAll(async () => {
    const config = societyConfig({ rounds: 3 }, {}, own);
    const scripts = slowScripts(["ant", "bee", "cat"], 0.2);
    await playRecorded(config, { scripts });
    const page = await replayPage(runFolder(config), { pageFolder }, own);
    ({ url } = page);
    const list = (await (await fetch(new URL("api/questions?limit=50", url))).json()) as QuestionList;
    question = list.lines.find(({ verified }) => verified > 1)?.question ?? "";
  }, 60_000);

  afterAll(() => own.close(), 60_000);

  test("shows the arrows that alone lead to the states, although nobody watched", async () => {
    const frame = (await (await fetch(new URL("api/frame", url))).json()) as Frame;
    const taken = frame.agents.find(({ taken = [] }) => taken.length > 0);
    expect(taken).toBeDefined();
    const { page, faults } = await visit(afterTest, `${url}#/society/${taken?.agent}`);
    await page.waitForSelector("svg.large .edge.fired");
    const ids = await page
      .locator("svg.large .edge.fired")
      .evaluateAll((edges) => edges.map((edge) => edge.getAttribute("data-edge")?.replace(/\+\d+$/, "")));
    expect(new Set(ids)).toEqual(new Set(taken?.taken));
    expect(faults).toEqual([]);
  });

  test.each(["ant", "questions"])(
    "shows on an arrow of %s the recorded messages of it alone",
    async (sender) => {
      const { startedAt, newestAt } = (await (await fetch(new URL("api/run", url))).json()) as RunView;
      const at = Math.round((startedAt + newestAt) / 2);
      const { page, faults } = await visit(afterTest, `${url}#/society?t=${at}`);
      await page.locator(".flow summary").click();
      const cell = (column: number, text: string) =>
        page.locator(`td:nth-child(${column})`, { hasText: new RegExp(`^${text}$`) });
      const rows = page.locator(".flow tbody tr", { has: cell(1, sender) });
      const arrow = rows.filter({ has: cell(2, "questions") }).first();
      await arrow.locator("button").click();
      await page.waitForSelector(`.drawer h2 >> text=${sender} → questions`);
      await page.waitForSelector(".drawer .events li");
      const senders = await page.locator(".drawer .events li > p:first-of-type").allTextContents();
      const name = sender === "questions" ? /^from \w+\/\S+$/ : /^from ant$/;
      expect(senders.filter((words) => !name.test(words))).toEqual([]);
      expect(faults).toEqual([]);
    },
  );

  test("shows the sequence of a question's messages with their times", async () => {
    const { page, faults } = await visit(afterTest, `${url}#/questions/${question}`);
    await page.locator(".question-tabs a", { hasText: "Sequence" }).click();
    await page.waitForSelector(".sequence .told");
    expect(page.url()).toContain("tab=sequence");
    const lanes = await page.locator(".lanes span").allTextContents();
    expect([lanes[0], lanes.at(-1)]).toEqual(["question", "referee"]);
    expect(lanes.slice(1, -1).toSorted()).toEqual(["ant", "bee", "cat"]);
    const times = (await page.locator(".sequence .when").allTextContents()).map((text) =>
      Number.parseFloat(text),
    );
    expect(times.length).toBeGreaterThan(8);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(times.at(-1)).toBeGreaterThan(0.4);
    const sizes = await page
      .locator(".sequence svg text")
      .evaluateAll((texts) => texts.map((text) => Number.parseFloat(getComputedStyle(text).fontSize)));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(12);
    await page.locator(".question-tabs a", { hasText: "Transcript" }).click();
    await page.waitForSelector(".solution");
    expect(faults).toEqual([]);
  });
});
