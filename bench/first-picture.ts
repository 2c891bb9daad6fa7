/**
 * Measures how soon a visitor sees the society: a run of the default four pocket models starts by the command line, and
 * a new browser context opens its page as soon as the server is up and again while the run plays and trains.
 *
 *     npm run -s bench:first-picture
 *
 * Figures [ms]: from the start of the command to the server's address; from the address to the first picture of the
 * first visit, the browser's start of a context included; and from navigation to the first picture, the median and the
 * slowest of all visits.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Browser, chromium } from "playwright-core";
import { printNote, printResult } from "./result.ts";

const { values } = parseArgs({
  options: {
    browser: { type: "string", default: "/usr/bin/chromium" },
    /** Number of visits, and the pause between two of them [s]. */
    visits: { type: "string", default: "7" },
    pause: { type: "string", default: "6" },
  },
});

const startRun = (folder: string): ChildProcess => {
  const program = fileURLToPath(new URL("../entry/agora.js", import.meta.url));
  const options = { stdio: ["ignore", "pipe", "inherit"] as ["ignore", "pipe", "inherit"] };
  return spawn(process.execPath, [program, "run", "--set", `runsFolder=${folder}`], options);
};

/** The page's address, once the run prints it. The output is read to its end, so that the run is never held up. */
const addressIn = (run: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    if (run.stdout === null) return reject(new Error("the run has no output"));
    const lines = createInterface({ input: run.stdout });
    lines.on("line", (line) => {
      const [url] = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line) ?? [];
      if (url !== undefined) resolve(url);
    });
    lines.on("close", () => reject(new Error("the run ended without an address")));
  });

/** The mark that the page sets (dashboard/page/state/shown.ts). */
const firstPicture = "agora.first-picture";

/** Time from navigation to the first picture by the page's own clock [ms]. */
const visit = async (browser: Browser, url: string): Promise<number> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "commit" });
    await page.waitForSelector(".card .node.lit");
    const marks = await page.evaluate(
      (mark) => performance.getEntriesByName(mark).map((e) => e.startTime),
      firstPicture,
    );
    if (marks[0] === undefined) throw new Error(`the page set no mark ${firstPicture}`);
    return marks[0];
  } finally {
    await context.close();
  }
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? 0;

const folder = mkdtempSync(join(tmpdir(), "agora-bench-first-picture-"));
const browser = await chromium.launch({ executablePath: values.browser, args: ["--no-sandbox"] });
const startedAt = performance.now();
const run = startRun(folder);
const ended = once(run, "exit");
try {
  const url = await addressIn(run);
  const upAt = performance.now();
  const seen = [await visit(browser, url)];
  const firstSeenAt = performance.now();
  for (let turn = 1; turn < Number(values.visits); turn++) {
    await sleep(Number(values.pause) * 1000);
    seen.push(await visit(browser, url));
    printNote(`visit ${turn}: ${Math.round(seen.at(-1) ?? 0)} ms`);
  }
  printResult("first-picture", {
    server_up_ms: Math.round(upAt - startedAt),
    first_visit_ms: Math.round(firstSeenAt - upAt),
    median_ms: Math.round(median(seen)),
    slowest_ms: Math.round(Math.max(...seen)),
  });
} finally {
  run.kill("SIGINT");
  await Promise.all([ended, browser.close()]);
  rmSync(folder, { recursive: true, force: true });
}
