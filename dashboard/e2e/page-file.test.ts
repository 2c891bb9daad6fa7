/** The page of a run as one file, opened from disk without a network: the same views, and no text of a model runs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runFolder } from "../../cli/host/host.ts";
import { soundScript } from "../../cli/host/scripted-society.ts";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { Closings } from "../../runtime/closings.fixture.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import type { Script, ScriptedAnswer, ScriptedRole } from "../../runtime/model/scripted.ts";
import { type PageFile, pageFile } from "../file/page-file.ts";
import { judge } from "../page.fixture.ts";
import { PageRun } from "../page-run.ts";
import { alwaysNine, playRecorded } from "../recorded-run.fixture.ts";
import type { QuestionList, RunView } from "../view.ts";
import { chromiumNote, skipChromium, type Visit, visit } from "./browser.fixture.ts";
import { id, markup, views, waysOut, writeHostileRun } from "./hostile.fixture.ts";

const closings = new Closings();

const openFile = async (folder: string, run: string): Promise<{ file: PageFile; visitor: Visit }> => {
  const promptOf = () => ({ user: "asked by the pack" });
  const page = new PageRun({ folder, judge, promptOf });
  const file = await pageFile(page, run);
  await page.close();
  const path = join(folder, "page.html");
  writeFileSync(path, file.html);
  const visitor = await visit(closings, pathToFileURL(path).href);
  await visitor.page.context().setOffline(true);
  await visitor.page.waitForSelector("main .view");
  return { file, visitor };
};

/** A question that members pose again and again, and whose wrong solutions their peers accept. */
const common = "2+2+2";

const reply = (role: ScriptedRole | undefined, call: ModelCall): ScriptedAnswer => {
  const given = typeof role === "function" ? role(call) : "";
  return typeof given === "string" ? { text: given } : given;
};

/** Sound, but for the common question; and worse once it has been trained. */
const scriptOf = (seed: number): Script => {
  const { generator, solver, verifier, ...sound } = soundScript(seed);
  const isCommon = ({ prompt }: ModelCall): boolean => prompt.includes(`${common}?`);
  return {
    ...sound,
    generator: (call) => ({ text: [common, ...[reply(generator, call).text ?? ""].flat().slice(1)] }),
    solver: (call) => (call.adapter === undefined ? reply(solver, call) : "ans 9"),
    verifier: (call) => reply(isCommon(call) ? alwaysNine.verifier : verifier, call),
  };
};

const scripts: Readonly<Record<string, Script>> = {
  ant: { ...scriptOf(0), ...alwaysNine },
  ...{ bee: scriptOf(1), cat: scriptOf(2) },
};

/** What the file's page reads, without a server. */
const go = async ({ page }: Visit, hash: string): Promise<void> => {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await page.waitForTimeout(100);
  await page.waitForSelector("main .view");
};

describe.skipIf(skipChromium)(`a run's page in one file${chromiumNote}`, { timeout: 90_000 }, () => {
  let file: PageFile;
  let visitor: Visit;
  let folder = "";
  let lines: QuestionList["lines"] = [];
  let run: RunView;

  beforeAll(async () => {
    const config = societyConfig(
      {
        rounds: 6,
        questionsPerRound: 4,
        bufferThreshold: 6,
        gateLevel: 0.5,
        difficultyMax: 3,
        ratingMute: false,
      },
      {},
      closings,
    );
    await playRecorded(config, { scripts });
    folder = runFolder(config);
    const page = new PageRun({ folder, judge });
    run = await page.run();
    ({ lines } = await page.questions({ offset: 0, limit: 500 }, undefined));
    await page.close();
    ({ file, visitor } = await openFile(folder, "test"));
  }, 90_000);

  afterAll(() => closings.close(), 60_000);

  test("is small, whole and named after the run", async () => {
    expect(file.size).toBeLessThan(1_000_000);
    expect(file).toMatchObject({ questions: lines.length, transcripts: lines.length });
    expect(await visitor.page.evaluate(() => document.title)).toContain("Agora");
    const loaded = await visitor.page.evaluate(() =>
      [...document.querySelectorAll("[src], link")].map((element) => element.getAttribute("href") ?? "src"),
    );
    expect(loaded.filter((address) => !address.startsWith("data:"))).toEqual([]);
  });

  test.each(["society", "questions", "growth", "training", "history"])("shows #/%s", async (view) => {
    await go(visitor, `#/${view}`);
    expect(visitor.faults).toEqual([]);
    expect((await visitor.page.textContent("main"))?.length).toBeGreaterThan(50);
  });

  test("draws curves, and shows what was known at every time of its slider", async () => {
    const { page } = visitor;
    const rows = (count: number) =>
      page.waitForFunction(
        (wanted) => document.querySelectorAll(".question-table tbody tr").length === wanted,
        count,
      );
    await go(visitor, "#/growth");
    await page.waitForSelector(".plot canvas");
    await go(visitor, "#/questions");
    await rows(Math.min(40, lines.length));
    await go(visitor, `#/questions?t=${run.startedAt}`);
    await rows(0);
    await go(visitor, `#/questions?t=${run.newestAt}`);
    await rows(Math.min(40, lines.length));
    await go(visitor, `#/questions?page=20&t=${run.newestAt}`);
    await rows(Math.min(40, lines.length));
    expect(await page.locator(".pager span").textContent()).toBe(`page 1 of 1, ${lines.length} questions`);
  });

  test("opens at the time of a link", async () => {
    const { page } = visitor;
    await page.goto("about:blank");
    await page.goto(`${pathToFileURL(join(folder, "page.html")).href}#t=${run.startedAt}`);
    await page.waitForFunction(() => document.querySelector(".clock strong")?.textContent === "0:00");
  });

  test("filters the list and shows a transcript", async () => {
    const { page, faults } = visitor;
    await go(visitor, `#/questions?author=${lines[0]?.author}&t=${run.newestAt}`);
    await page.waitForFunction(
      (count) => document.querySelectorAll(".question-table tbody tr").length === count,
      lines.filter(({ author }) => author === lines[0]?.author).length,
    );
    const solved = lines.find(({ solutions }) => solutions > 0)?.question ?? "";
    await go(visitor, `#/questions/${encodeURIComponent(solved)}`);
    await page.waitForSelector(".solution");
    expect(faults).toEqual([]);
  });

  test("leads from an answer to its prompt, to the job that trained on it, and back", async () => {
    const { page, faults } = visitor;
    const trained = lines.findLast(({ admitted }) => admitted > 0)?.question ?? "";
    await go(visitor, `#/questions/${encodeURIComponent(trained)}`);
    await page.waitForSelector(".solution .trained a");
    await page.locator(".origin summary").first().click();
    expect(await page.locator(".origin .model-text").first().textContent()).toBe("asked by the pack");
    await page.locator(".trained a").first().click();
    await page.waitForSelector("#samples-title");
    await page.locator("main details:has(.sample-links) summary").first().click();
    const link = page.locator(".sample-links a", { hasText: trained }).first();
    await link.click();
    await page.waitForSelector(".solution");
    expect(await page.locator(".crumbs code").textContent()).toBe(trained);
    expect(faults).toEqual([]);
  });

  test("zooms and smooths figures, and gives each as CSV, PNG and SVG", async () => {
    const { page, faults } = visitor;
    await go(visitor, `#/growth?t=${run.newestAt}`);
    await page.waitForSelector(".plot canvas");
    const figure = page.locator("figure.plot").first();
    const taken = async (ending: string): Promise<Buffer> => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        figure.locator("button", { hasText: ending }).click(),
      ]);
      expect(download.suggestedFilename()).toMatch(new RegExp(`^[a-z-]+\\.${ending.toLowerCase()}$`));
      return readFileSync(await download.path());
    };
    const csv = (await taken("CSV")).toString();
    expect(csv.split("\r\n")).toHaveLength(8);
    expect((await taken("PNG")).subarray(1, 4).toString()).toBe("PNG");
    const whole = (await taken("SVG")).toString();
    expect(whole).toMatch(/^<svg [\s\S]+<\/svg>\n$/);
    await figure.locator("select").selectOption("3");
    const smooth = (await taken("SVG")).toString();
    expect(smooth).not.toBe(whole);
    expect((await taken("CSV")).toString()).toBe(csv);
    await figure.locator(".plot-area").focus();
    await page.keyboard.press("+");
    await figure.locator("button", { hasText: "Show all" }).waitFor();
    expect((await taken("SVG")).toString().length).toBeLessThan(smooth.length);
    await figure.locator("button", { hasText: "Show all" }).click();
    expect((await taken("SVG")).toString()).toBe(smooth);
    const expected = "the page started a download";
    expect(faults.filter((fault) => fault !== expected)).toEqual([]);
    faults.length = 0;
  });

  test("gives the tables beside the figures as CSV", async () => {
    const { page, faults } = visitor;
    await go(visitor, `#/growth?t=${run.newestAt}`);
    for (const [table, head, rows] of [
      ["heat-table", "verifier,author,accepted,", 3 * 2],
      ["budget", "model,role,calls,", 3],
    ] as const) {
      const button = page.locator(`figure:has(.${table}) .figure-tools button`);
      const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
      const lines = readFileSync(await download.path(), "utf8").split("\r\n");
      expect(lines[0]).toContain(head);
      expect(lines.length).toBeGreaterThan(rows);
    }
    expect(faults.filter((fault) => fault !== "the page started a download")).toEqual([]);
    faults.length = 0;
  });

  test("sorts the list, and opens a cell of the refusal matrix", async () => {
    const { page, faults } = visitor;
    await go(visitor, `#/questions?t=${run.newestAt}`);
    await page.locator("th button", { hasText: "difficulty" }).click();
    await page.waitForSelector('th[aria-sort="descending"] >> text=difficulty');
    // The way back leads to where the list was left; what is opened begins at its top.
    const scrolled = () => page.evaluate(() => scrollY);
    await page.locator(".question-table tbody a").last().scrollIntoViewIfNeeded();
    const left = await scrolled();
    expect(left).toBeGreaterThan(0);
    await page.locator(".question-table tbody a").last().click();
    await page.waitForSelector(".question-head");
    expect(await scrolled()).toBe(0);
    await page.goBack();
    await expect.poll(scrolled).toBe(left);
    await go(visitor, `#/growth?t=${run.newestAt}`);
    await page.locator(".heat-table td a").first().waitFor();
    const cells = page.locator(".heat-table td:has(a)");
    const counts = await cells.locator("small:first-of-type").allTextContents();
    const refused = counts.findIndex((text) => !text.startsWith("0/"));
    await cells.nth(refused).locator("a").click();
    await page.waitForSelector(".chosen-refusals");
    await page.waitForSelector(".question-table tbody tr");
    expect(faults).toEqual([]);
  });

  test("marks the adapters that the gate rejected, and says that the difficulty was clamped", async () => {
    const { page, faults } = visitor;
    await go(visitor, `#/growth?t=${run.newestAt}`);
    const accuracy = page.locator("figure.plot", { hasText: "Accuracy per model" });
    const marks = accuracy.locator(".legend-star", { hasText: "✗" });
    expect(await marks.textContent()).toMatch(/round \d+: (bee|cat)@v\d 0%/);
    expect(await page.locator("figure.plot").first().textContent()).toMatch(
      /The difficulty was clamped: at its maximum 3 in \d of 6 rounds\./,
    );
    expect(faults).toEqual([]);
  });

  test("leads from a discarded question to the one that it repeats", async () => {
    const { page, faults } = visitor;
    await go(visitor, `#/questions?outcome=void&t=${run.newestAt}`);
    await page.locator(".question-table a", { hasText: common }).first().click();
    await page.waitForSelector(".void-reason >> text=Discarded: duplicate of");
    const first = page.locator(".void-reason a");
    const name = await first.textContent();
    await first.click();
    await page.waitForFunction((id) => document.querySelector(".crumbs code")?.textContent === id, name);
    expect(await page.locator(".asked").textContent()).toContain(common);
    await page.waitForSelector(".solution");
    expect(faults).toEqual([]);
  });

  test("keeps the questions with a solution that was verified but is wrong", async () => {
    const { page, faults } = visitor;
    await go(visitor, `#/questions?t=${run.newestAt}`);
    const outcome = page.locator(".filters label", { hasText: "Outcome" }).locator("select");
    await outcome.selectOption({ label: "verified but wrong" });
    const rows = page.locator(".question-table tbody tr");
    await expect.poll(() => rows.count()).toBe(lines.filter(({ misled = 0 }) => misled > 0).length);
    const texts = await rows.locator(".question-text").allTextContents();
    expect(texts.map((text) => text.trim())).toEqual([common]);
    expect(await rows.textContent()).toContain("verified but wrong");
    expect(page.url()).toContain("outcome=misled");
    expect(faults).toEqual([]);
  });

  describe("with hostile texts", () => {
    let hostile: Visit;

    beforeAll(async () => {
      const place = mkdtempSync(join(tmpdir(), "agora-hostile-file-"));
      closings.add(() => rmSync(place, { recursive: true, force: true }));
      writeHostileRun(join(place, "hostile"));
      const opened = await openFile(join(place, "hostile"), `</title><script>globalThis.pwned=9</script>`);
      hostile = opened.visitor;
      for (const text of markup) expect(opened.file.html).not.toContain(text);
    }, 60_000);

    test.each([...views, "history"])("shows them as text on #/%s", async (view) => {
      const { page, faults } = hostile;
      await go(hostile, `#/${view}`);
      for (const summary of await page.locator("details > summary").all()) await summary.click();
      await page.waitForTimeout(200);
      expect(await waysOut(page)).toEqual([]);
      expect(faults).toEqual([]);
    });

    test("typesets their formulas with what the file holds", async () => {
      const { page } = hostile;
      await go(hostile, `#/questions/${encodeURIComponent(id)}`);
      await page.waitForSelector(".said .formula .katex");
      const said = (await page.locator(".said").first().textContent()) ?? "";
      for (const line of markup) expect(said).toContain(line);
      expect(await waysOut(page)).toEqual([]);
      expect(hostile.faults).toEqual([]);
    });
  });
});
