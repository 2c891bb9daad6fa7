/**
 * The page shows text from models as plain text everywhere: it runs no script, loads nothing and cannot leave its
 * box.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Closings } from "../../runtime/closings.fixture.ts";
import { reveal } from "../page/text/reveal.ts";
import { servePage } from "../server/server.ts";
import { chromiumNote, skipChromium, type Visit, visit } from "./browser.fixture.ts";
import { id, markup, name, unseen, views, waysOut, writeHostileRun } from "./hostile.fixture.ts";

describe.skipIf(skipChromium)(
  `hostile model texts in the browser${chromiumNote}`,
  { timeout: 90_000 },
  () => {
    const closings = new Closings();
    let visitor: Visit;
    let url = "";

    beforeAll(async () => {
      const folder = mkdtempSync(join(tmpdir(), "agora-hostile-"));
      closings.add(() => rmSync(folder, { recursive: true, force: true }));
      const run = join(folder, "hostile");
      writeHostileRun(run);
      const page = await servePage({ folder: run, port: 0 });
      closings.add(() => page.close());
      ({ url } = page);
      visitor = await visit(closings, url);
    }, 60_000);

    afterAll(() => closings.close(), 60_000);

    test.each([...views, "history"])("are shown as text on #/%s", async (view) => {
      const { page, faults } = visitor;
      await page.goto(`${url}#/${view}`);
      await page.waitForSelector("main .view");
      for (const summary of await page.locator("details > summary").all()) await summary.click();
      await page.waitForTimeout(200);
      expect(await waysOut(page)).toEqual([]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide).toBeLessThanOrEqual(0);
      expect(faults).toEqual([]);
    });

    test("are shown verbatim, with invisible characters as their code points", async () => {
      const { page } = visitor;
      await page.goto(`${url}#/questions/${encodeURIComponent(id)}`);
      await page.waitForSelector(".solution .formula");
      const said = (await page.locator(".said").first().textContent()) ?? "";
      for (const line of markup) expect(said).toContain(line);
      expect(said).toContain(reveal(unseen));
      expect(said).toContain("⟨U+202E⟩");
    });

    test("are shown among the remarks on a solution and on the question, with their author", async () => {
      const remarks = await visitor.page.locator(".remarks").allTextContents();
      expect(remarks).toHaveLength(2);
      for (const remark of remarks) for (const line of [name, ...markup]) expect(remark).toContain(line);
      expect(remarks[1]).toContain("after the vote had begun");
    });

    test("are shown as LaTeX source where KaTeX would need trust", async () => {
      const said = (await visitor.page.locator(".said").first().textContent()) ?? "";
      expect(said).toContain(String.raw`\href{javascript:globalThis.pwned=4}{x}`);
      expect(said).toContain(String.raw`\includegraphics[height=9em]`);
      expect(said).toContain(String.raw`\htmlStyle{position: fixed; inset: 0}{z}`);
      expect(await visitor.page.locator(".said .top").count()).toBe(0);
    });

    test("cannot cover the page", async () => {
      const largest = await visitor.page.evaluate(() =>
        Math.max(
          ...[...document.querySelectorAll(".said")].map((said) => said.getBoundingClientRect().height),
        ),
      );
      expect(largest).toBeLessThan(800);
    });

    test("have run nothing and loaded nothing in the end", async () => {
      expect(await waysOut(visitor.page)).toEqual([]);
      expect(visitor.faults).toEqual([]);
    });
  },
);
