/**
 * A run by the command line from its start to its end, seen by somebody who has read nothing, and its replay. Each test
 * continues from the previous one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { slowScripts } from "../../cli/host/scripted-society.ts";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { afterTest, Closings } from "../../runtime/closings.fixture.ts";
import { livePage } from "../page.fixture.ts";
import { ownPage } from "../server/listening.ts";
import type { RunView } from "../view.ts";
import { chromiumNote, desktop, phone, skipChromium, type Visit, visit } from "./browser.fixture.ts";

const program = fileURLToPath(new URL("../../entry/agora.js", import.meta.url));

/** A short run of the pocket models, with two trainings: it still plays while the first tests look at it. */
const settings = [
  ...["updates=2", "bufferThreshold=14", "anchorSize=6", "questionsPerRound=8", "loraEpochs=1"],
  ...["rehearsalShare=0", "run=told", "seed=7"],
];

interface Served {
  readonly child: ChildProcess;
  readonly url: string;
}

/** Starts a command that serves a page; resolves once its address is printed. */
const serve = (closings: Closings, ...given: readonly string[]): Promise<Served> => {
  const child = spawn(process.execPath, [program, ...given], { stdio: ["ignore", "pipe", "inherit"] });
  closings.add(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  });
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on("line", (line) => {
      const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(line) ?? [];
      if (url !== undefined) resolve({ child, url });
    });
    lines.on("close", () => reject(new Error("the command ended without an address")));
  });
};

const bottomOf = async (page: Page, selector: string): Promise<number> => {
  const box = await page.locator(selector).first().boundingBox();
  return box === null ? Number.NaN : box.y + box.height;
};

const isConnectionLoss = (fault: string): boolean => /ERR_(CONNECTION|INCOMPLETE|EMPTY)/.test(fault);

describe.skipIf(skipChromium)(`before the first question${chromiumNote}`, { timeout: 90_000 }, () => {
  test("says what will happen to each question, and that every model is being measured", async () => {
    const names = ["ant", "bee", "cat"];
    // Nobody answers while the test looks.
    const scripts = slowScripts(names, 10_000);
    const { page: served } = await livePage(societyConfig(), { scripts, pageFolder: ownPage });
    const { page, faults } = await visit(afterTest, served.url);
    await page.waitForSelector(".scene h2 >> text=The first question is being written");
    expect(await page.locator(".loop li strong").allTextContents()).toEqual([
      ...["asked", "solved", "checked", "voted", "kept"],
    ]);
    await page.waitForSelector(".accuracy >> text=measuring the start");
    await expect
      .poll(() => page.locator(".accuracy-rows .name").allTextContents(), { timeout: 20_000 })
      .toEqual(names);
    expect(await page.locator(".accuracy-rows >> text=not measured yet").count()).toBe(3);
    expect(faults).toEqual([]);
  });
});

describe.skipIf(skipChromium)(`the story of a run${chromiumNote}`, { timeout: 240_000 }, () => {
  const closings = new Closings();
  const runsFolder = mkdtempSync(join(tmpdir(), "agora-story-"));
  const folder = ["--runs", runsFolder];
  let served: Served;
  let visitor: Visit;

  beforeAll(async () => {
    const set = [...settings, `runsFolder=${runsFolder}`].flatMap((setting) => ["--set", setting]);
    served = await serve(closings, "run", ...set, "--problems", "8", "--port", "0", "--linger", "600");
    visitor = await visit(closings, served.url);
  }, 240_000);

  afterAll(async () => {
    await closings.close();
    rmSync(runsFolder, { recursive: true, force: true });
  }, 60_000);

  const state = (text: string) => visitor.page.waitForSelector(`.run-state >> text=${text}`);

  test("tells of one question and of the accuracy above the fold, in a header of one line", async () => {
    const { page } = visitor;
    await page.waitForSelector(".speech");
    await page.waitForSelector(".accuracy");
    const fold = 800 - ((await page.locator(".replay").boundingBox())?.height ?? 0);
    expect(await bottomOf(page, ".scene")).toBeLessThan(fold);
    expect(await bottomOf(page, ".accuracy")).toBeLessThan(fold);
    expect(await bottomOf(page, ".top")).toBeLessThan(60);
    expect(await page.locator(".lead").textContent()).toMatch(/^4 language models set each other problems/);
    expect(await page.locator(".scene .rule").textContent()).toMatch(/of every step only the last/);
  });

  test("Space pauses the view and says that the run goes on; the events shown are not newer", async () => {
    const { page } = visitor;
    await page.locator("main").focus();
    await page.keyboard.press("Space");
    await state("view paused");
    expect(await page.locator(".notice").textContent()).toMatch(
      /Only this view is paused; the run itself goes on/,
    );
    await page.locator('.card[data-agent="wren"] h3 button').click();
    await page.waitForSelector(".drawer .events li");
    await page.waitForTimeout(2500);
    const limit = /Up to ([\d:]+)/.exec((await page.locator(".drawer").textContent()) ?? "")?.[1] ?? "";
    const times = await page.locator(".drawer .events time").allTextContents();
    expect(times.length).toBeGreaterThan(0);
    expect(times.filter((time) => time > limit)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.locator("main").focus();
    await page.keyboard.press("Space");
    // As fast as it is played the view would stay as far behind as it is, until the run has ended.
    await page.locator(".speed select").selectOption("60");
    await page.waitForSelector(".notice", { state: "detached", timeout: 60_000 });
  });

  test("follows the question from its solutions over the checks to what is kept", async () => {
    const { page } = visitor;
    await page.waitForSelector(".speech .spoken");
    await page.waitForSelector(".speech .outcome");
    // All of it at one moment: the next question may be shown at any.
    const ended = () =>
      page.evaluate(() => {
        const all = (selector: string) => [...document.querySelectorAll(selector)];
        return {
          link: document.querySelector(".scene footer a")?.getAttribute("href") ?? "",
          outcomes: all(".speech .outcome")
            .map(({ textContent }) => textContent)
            .join("\n"),
          margins: all(".speech").map(
            (card) => card.clientWidth - (card.querySelector(".bubble")?.clientWidth ?? 0),
          ),
        };
      });
    await expect.poll(ended, { timeout: 90_000 }).toMatchObject({
      link: expect.stringMatching(/^#\/questions\/./),
      outcomes: expect.stringMatching(/objects: .+|all 3 others agree|cannot say/),
    });
    // What is said fills its card, whatever becomes of it.
    const { margins } = await ended();
    expect(margins.length).toBeGreaterThan(0);
    expect(Math.max(...margins)).toBeLessThan(40);
  });

  test("explains a word on hover and with the keyboard's focus", async () => {
    const { page } = visitor;
    const term = page.locator(".steps .term").first();
    const meaning = term.locator(".meaning");
    expect(await meaning.isVisible()).toBe(false);
    await term.focus();
    await page.keyboard.press("Shift");
    await meaning.waitFor({ state: "visible" });
    expect(await meaning.textContent()).toMatch(/one objection is enough/);
    await page.locator(".lead").hover();
  });

  test("names the view in the title and in a heading", async () => {
    const { page } = visitor;
    for (const [hash, title] of [
      ["#/growth", "Growth"],
      ["#/questions", "Questions"],
      ["#/nothing", "Not found"],
      ["#/society", "Society"],
    ] as const) {
      await page.goto(`${served.url}${hash}`);
      await page.waitForFunction((wanted) => document.title === `${wanted} · told · Agora`, title);
      await page.waitForFunction((wanted) => document.querySelector("h1")?.textContent === wanted, title);
      expect(await page.locator("h1").count()).toBe(1);
      if (hash === "#/nothing")
        expect(await page.locator("main").textContent()).toMatch(/no view at this address/);
    }
  });

  test("shows measuring and then the result, while the server stays", async () => {
    const { page, faults } = visitor;
    await page.waitForSelector(".result", { timeout: 200_000 });
    await page.waitForSelector(".result .newest", { timeout: 200_000 });
    const result = (await page.locator(".result").textContent()) ?? "";
    for (const model of ["heron", "mole", "otter", "wren"]) expect(result).toContain(model);
    expect(result).toMatch(/on 8 problems that none has seen/);
    expect(result).toMatch(/Right when all agreed.*\d+\.\d% of all solutions/);
    expect(result).toMatch(/Tokens.*[\d,]+Time/);
    expect(result).toContain("Stories of 3 to 6 steps told in words.");
    await page.waitForSelector(".accuracy .accuracy-chart .version", { state: "attached" });
    await state("ended");
    expect(faults).toEqual([]);
  });

  test("a chosen job can be unchosen", async () => {
    const { page } = visitor;
    await page.goto(`${served.url}#/training`);
    const job = page.locator("tbody th button").first();
    await job.click();
    await page.waitForSelector("tr.chosen");
    await job.click();
    await page.waitForSelector("tr.chosen", { state: "detached" });
    await page.goto(`${served.url}#/society`);
  });

  test("says that the server was ended instead of a lost connection", async () => {
    const { page, faults } = visitor;
    const ended = once(served.child, "exit");
    served.child.kill("SIGINT");
    await state("server ended");
    expect(await page.locator(".notice").textContent()).toMatch(
      /The server has ended: its user ended it\..*agora replay told/,
    );
    expect(await ended).toEqual([0, null]);
    expect(faults.filter((fault) => !isConnectionLoss(fault))).toEqual([]);
    // It would ask for the server again and again.
    await page.close();
  });

  test("a replay shows the same result at its end, and at an earlier time the question and the flow of then", async () => {
    served = await serve(closings, "replay", "told", ...folder, "--port", "0");
    const { page, faults } = await visit(afterTest, served.url);
    await page.waitForSelector(".result .newest", { timeout: 200_000 });
    const { startedAt } = (await (await fetch(`${served.url}api/run`)).json()) as RunView;
    const frames = await page.evaluate(async (from) => {
      const read = async (until: number) => (await fetch(`api/frame?until=${until}`)).json();
      const times = Array.from({ length: 30 }, (_, index) => from + 1000 * (index + 1));
      return (await Promise.all(times.map(read))) as { scene?: object; flows: object[] }[];
    }, startedAt);
    const second = frames.findIndex(({ scene, flows }) => scene !== undefined && flows.length > 0) + 1;
    expect(second).toBeGreaterThan(0);
    await page.goto(`${served.url}#t=${startedAt + 1000 * second}`);
    await page.waitForSelector(".result", { state: "detached" });
    await page.waitForSelector(".speech .spoken");
    await page.waitForFunction(() => Number(document.querySelector(".flow-total strong")?.textContent) > 0);
    await page.goto(`${served.url}#t=${startedAt + 1}`);
    await page.waitForFunction(() => document.querySelector(".flow-total strong")?.textContent === "0");
    expect(faults).toEqual([]);
  });

  test("fits a phone: a low header, and a question table that is not cut", async () => {
    const { page } = await visit(afterTest, `${served.url}#/questions`, phone);
    await page.waitForSelector(".question-table tbody tr");
    expect(await bottomOf(page, ".top")).toBeLessThan(100);
    const overflow = await page.evaluate(() => {
      const table = document.querySelector(".table-scroll");
      return [(table?.scrollWidth ?? 0) - (table?.clientWidth ?? 0), document.body.scrollWidth - innerWidth];
    });
    expect(Math.max(...overflow)).toBeLessThanOrEqual(0);
    await page.goto(`${served.url}#/society`);
    await page.waitForSelector(".scene .speech");
    expect(await page.evaluate(() => document.body.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });

  test("reads no growth history for the header", async () => {
    const { page } = await visit(afterTest, "about:blank", desktop);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${served.url}#/society`);
    await page.waitForSelector(".speech");
    await page.waitForTimeout(1500);
    expect(asked.filter((path) => /growth|training|history/.test(path) && path.startsWith("/api"))).toEqual(
      [],
    );
  });
});
