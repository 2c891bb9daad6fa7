/** A person acts on a live run: asks pocket models, pauses, steps, sets and stops them, and judges scripted adapters. */
import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { slowScripts } from "../../cli/host/scripted-society.ts";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { afterTest, Closings } from "../../runtime/closings.fixture.ts";
import type { TrainingBackend } from "../../runtime/training.ts";
import { TwinTraining } from "../../trainer/twin.ts";
import type { ActsView } from "../acts-view.ts";
import { livePage, read, replayPage } from "../page.fixture.ts";
import { ownPage } from "../server/listening.ts";
import type { GrowthView, QuestionView, TrainingView } from "../view.ts";
import { chromiumNote, phone, skipChromium, type Visit, visit } from "./browser.fixture.ts";
import { type PocketSociety, pocketSociety } from "./society.fixture.ts";

/** Short rounds, in which nothing is trained or measured. */
const brief = { questionsPerRound: 2, lora: false, externalAnchor: false } as const;

/** A round of the pocket models may take minutes beside other work. */
const long = { timeout: 200_000 } as const;

const pictures = fileURLToPath(new URL("./screenshots/", import.meta.url));

describe.skipIf(skipChromium)(`acts in the browser${chromiumNote}`, { timeout: 240_000 }, () => {
  const closings = new Closings();
  let society: PocketSociety;
  let visitor: Visit;

  beforeAll(async () => {
    society = await pocketSociety(closings, brief);
    visitor = await visit(closings, society.page.url);
    visitor.page.setDefaultTimeout(long.timeout);
  }, 120_000);
  afterAll(() => closings.close(), 60_000);

  const read = async <T>(path: string): Promise<T> =>
    (await (await fetch(new URL(path, society.page.url))).json()) as T;
  const button = (name: string) => visitor.page.locator(".acts button", { hasText: name });
  const closedRounds = async () => (await read<GrowthView>("api/growth")).rounds.length;
  /** The page learns of the last round's end a moment after the supervisor. */
  const restingRounds = async (): Promise<number> => {
    const rounds = await closedRounds();
    await visitor.page.waitForTimeout(1500);
    return rounds === (await closedRounds()) ? rounds : restingRounds();
  };
  const picture = async (name: string): Promise<void> => {
    if (!process.env.AGORA_SCREENSHOTS) return;
    mkdirSync(pictures, { recursive: true });
    await visitor.page.screenshot({ path: `${pictures}acts-${name}.png` });
  };

  test("asks a question and reads the verdict", async () => {
    const { page } = visitor;
    await page.fill(".ask input", "7*8+5");
    await page.locator(".ask button").click();
    await page.waitForSelector(".verdict-panel");
    await picture("asking");
    await page.waitForSelector(".verdict-panel >> text=The society's verdict");
    await page.waitForSelector(".solution");
    await picture("verdict");
    const id = decodeURIComponent(page.url().split("/questions/")[1] ?? "");
    const { answer, truth, askedBy, line } = await read<QuestionView>(
      `api/questions/${encodeURIComponent(id)}`,
    );
    expect([askedBy, truth, line.author]).toEqual(["page", "1", "operator"]);
    const shown = (await page.locator(".verdict-panel").textContent()) ?? "";
    for (const given of answer?.answers ?? []) expect(shown).toContain(given.authors.join(", "));
    expect(shown).toContain(answer?.answer === undefined ? "No verdict" : `by ${answer.author}`);
    if (answer?.confidence !== undefined)
      expect(shown).toContain(`${answer.checks.agreeing} of ${answer.checks.given} checks speak for it`);
  });

  test("lists what was asked, with who asked it", async () => {
    const { page } = visitor;
    await page.locator(".tabs a", { hasText: "Questions" }).first().click();
    await page.waitForSelector(".question-table >> text=asked by page");
    await picture("list");
  });

  test("says why a text is no question, and how one is written", async () => {
    const { page } = visitor;
    await page.fill(".ask input", "what is love?");
    await page.locator(".ask button").click();
    await page.waitForSelector(".act-outcome.refused >> text=this is not a problem of the task");
    await page.locator(".act-outcome button").click();
  });

  test("pauses the run, steps it by one round and resumes it", async () => {
    const { page } = visitor;
    await page.locator(".tabs a", { hasText: "Society" }).click();
    await button("Pause run").click();
    await page.waitForSelector(".act-state >> text=run paused by page");
    await page.waitForFunction(() => /supervisor.*\[paused/.test(globalThis.agoraPicture()));
    const before = await restingRounds();
    await page.waitForTimeout(1500);
    expect(await closedRounds()).toBe(before);
    await button("One round").click();
    await page.waitForFunction(() => !/supervisor.*\[paused/.test(globalThis.agoraPicture()));
    await page.waitForFunction(() => /supervisor.*\[paused/.test(globalThis.agoraPicture()), undefined, long);
    await expect.poll(closedRounds).toBe(before + 1);
    await page.waitForTimeout(1500);
    expect(await closedRounds()).toBe(before + 1);
    await picture("paused");
    await button("Resume run").click();
    await page.waitForSelector(".act-state", { state: "detached" });
    await expect.poll(closedRounds, long).toBeGreaterThan(before + 1);
  });

  test("sets a component and the difficulty, and lists every act with its operator", async () => {
    const { page } = visitor;
    await button("More").click();
    await page.locator(".act-switches label", { hasText: "fem" }).locator("input").click();
    await page.fill(".act-setting input", "4");
    await page.locator(".act-setting button", { hasText: "Set" }).click();
    await expect.poll(async () => (await read<ActsView>("api/acts")).components.fem, long).toBe(false);
    const lines = page.locator(".act-lines").last();
    await page.waitForSelector(".act-lines >> text=set difficulty=4");
    expect(await lines.textContent()).toMatch(/page.*set components?|page.*set fem=false/);
    expect(await lines.textContent()).toContain("paused the run");
    await picture("panel");
    await button("Less").click();
  });

  test("fits on a phone", async () => {
    const { page, faults } = await visit(afterTest, society.page.url, phone);
    await page.waitForSelector(".act-bar");
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
    expect(faults).toEqual([]);
  });

  test("forks the run from the shown moment", async () => {
    const { page } = visitor;
    await page.locator(".replay button", { hasText: "❚❚" }).click();
    await page.locator(".fork-here summary").click();
    await page.locator(".fork-here button", { hasText: "Fork" }).click();
    await page.locator(".fork-here .confirm button", { hasText: "Yes, fork" }).click();
    await page.waitForSelector(".act-outcome >> text=run watched-fork1 has been made");
    expect((await read<ActsView>("api/acts")).log[0]?.operator).toBe("page");
    await page.locator(".replay .live").click();
    await page.waitForSelector(".acts");
  });

  test("stops the run after a question, and acts no more", async () => {
    const { page } = visitor;
    await button("Stop run").click();
    await page.locator(".confirm button", { hasText: "No" }).click();
    await button("Stop run").click();
    await page.locator(".confirm button", { hasText: "Yes, stop run" }).click();
    await page.waitForSelector(".run-state >> text=ended");
    await page.waitForSelector(".acts", { state: "detached" });
    expect(await society.run.ended).toEqual({ outcome: "stopped" });
    expect(visitor.faults.filter((fault) => !fault.includes("422"))).toEqual([]);
  });

  test("a replay shows the verdict, and offers no act", async () => {
    const question = (await read<ActsView>("api/acts")).asked[0]?.question ?? "";
    const { url } = await society.replay();
    const { page, faults } = await visit(afterTest, `${url}#/questions/${question}`);
    await page.waitForSelector(".verdict-panel >> text=The society's verdict");
    expect(await page.locator(".acts").count()).toBe(0);
    await page.goto(`${url}#/questions`);
    await page.locator(".filters label", { hasText: "Posed by" }).locator("select").selectOption("person");
    await page.waitForSelector(".question-table >> text=asked by page");
    expect(await page.locator(".question-table tbody tr").count()).toBe(1);
    expect(faults).toEqual([]);
  });
});

/** Trains every model's first adapter at once, and the later ones until they are rejected. */
const slowAfterTheFirst = (): TrainingBackend => {
  const twin = new TwinTraining();
  return {
    train: async (order, signal, onStep) => {
      if (!order.job.endsWith("@v1"))
        await sleep(600_000, undefined, { signal }).catch(() => signal.throwIfAborted());
      return twin.train(order, signal, onStep);
    },
  };
};

describe.skipIf(skipChromium)(`acts on adapters in the browser${chromiumNote}`, { timeout: 240_000 }, () => {
  test("reject the one that is being made and roll back the one in force; a replay refuses both", async () => {
    const config = societyConfig({ rounds: 10_000, bufferThreshold: 4 });
    const scripts = slowScripts(["ant", "bee", "cat"], 0.02);
    const served = { scripts, training: slowAfterTheFirst(), pageFolder: ownPage };
    const { run, page: live } = await livePage(config, served);
    const ant = async () => (await read<ActsView>(live, "api/acts")).adapters[0];
    await expect.poll(ant, { timeout: 60_000 }).toMatchObject({ version: 1, job: "ant@v2" });
    // No other round, so that only the adapters change.
    await run.acts.perform({ act: "pause" });

    const { page, faults } = await visit(afterTest, live.url);
    page.setDefaultTimeout(long.timeout);
    const button = (name: string) => page.locator(".act-adapters li", { hasText: "ant" }).getByText(name);
    const row = (job: string) => page.locator("main tr", { hasText: job });
    await page.locator(".acts button", { hasText: "More" }).click();
    await page.waitForSelector(".act-adapters >> text=ant@v1");

    await button("Reject").click();
    expect(await page.locator(".confirm").textContent()).toContain(
      "Never publish ant@v2, which is being made?",
    );
    await button("Yes, reject").click();
    await page.waitForSelector(".act-outcome >> text=Done: ant@v2 will not be published.");
    const jobs = async () => (await read<TrainingView>(live, "api/training")).jobs;
    const rejected = { outcome: "rejected", cause: "rejected by page" };
    await expect.poll(async () => (await jobs()).find(({ job }) => job === "ant@v2")).toMatchObject(rejected);
    expect(await ant()).toMatchObject({ version: 1 });

    await button("Roll back").click();
    expect(await page.locator(".confirm").textContent()).toContain("Let ant go back to ant (base)?");
    await button("Yes, roll back").click();
    await page.waitForSelector(".act-outcome >> text=Done: ant leaves ant@v1 for the weights before it.");
    await page.waitForSelector(".act-adapters li >> text=ant (base)");
    expect(await ant()).toMatchObject({ version: 0 });
    await expect.poll(() => button("Roll back").count()).toBe(0);
    const { log } = await read<ActsView>(live, "api/acts");
    expect(log.slice(0, 2).map(({ operator, text }) => [operator, text])).toEqual([
      ["page", "rolled ant back"],
      ["page", "rejected the adapter in the making of ant"],
    ]);

    await page.locator(".tabs a", { hasText: "Training" }).click();
    await row("ant@v2").locator(".badge.bad", { hasText: "rejected" }).waitFor();
    await row("ant@v2").locator(".cause", { hasText: "rejected by page" }).waitFor();
    await row("ant@v1").locator(".badge", { hasText: "rolled back" }).waitFor();
    expect(faults).toEqual([]);

    await run.stop();
    const replay = await replayPage(run.folder, { pageFolder: ownPage });
    const past = await visit(afterTest, `${replay.url}#/training`);
    await past.page.waitForSelector(".run-state >> text=replay");
    expect(await past.page.locator(".acts").count()).toBe(0);
    const refusals = await past.page.evaluate(async () => {
      const send = async (act: string) => {
        const body = JSON.stringify({ act, model: "ant" });
        const headers = { "content-type": "application/json" };
        const answer = await fetch("api/acts", { method: "POST", headers, body });
        return [answer.status, ((await answer.json()) as { code: string }).code];
      };
      return [await send("reject"), await send("rollback")];
    });
    expect(refusals).toEqual([
      [409, "AGORA_PAGE_REPLAY"],
      [409, "AGORA_PAGE_REPLAY"],
    ]);
  });
});
