/** The page of a thousand agents stays usable: it draws some of them and finds the others. */
import { afterAll, describe, expect, test } from "vitest";
import { slowScripts } from "../../cli/host/scripted-society.ts";
import { societyConfig } from "../../cli/host/society.fixture.ts";
import { Closings } from "../../runtime/closings.fixture.ts";
import { livePage } from "../page.fixture.ts";
import { ownPage } from "../server/listening.ts";
import { chromiumNote, skipChromium, visit } from "./browser.fixture.ts";

const agents = 1000;

describe.skipIf(skipChromium)(`a thousand agents${chromiumNote}`, { timeout: 600_000 }, () => {
  const closings = new Closings();
  afterAll(() => closings.close(), 60_000);

  test("have cards some at a time, and are found by name", async () => {
    const names = Array.from({ length: agents }, (_, index) => `agent-${index}`);
    const models = names.map((name) => ({ name, model: name, endpoint: "http://127.0.0.1:9/v1" }));
    const config = societyConfig({ models, lora: false, externalAnchor: false });
    // Nobody answers while the test looks.
    const scripts = slowScripts(names, 10_000);
    const { page: served } = await livePage(config, { scripts, pageFolder: ownPage });
    const { page, faults } = await visit(closings, served.url);
    page.setDefaultTimeout(300_000);
    await page.waitForSelector(".find-member >> text=48 of 1,000 members shown");
    const members = page.locator("section[aria-labelledby=members-title] .card");
    expect(await members.count()).toBe(48);
    // Cards grow with their charts, and move the button under a click.
    await members.last().locator("svg").first().waitFor();
    await page.locator(".more-members button").click();
    await expect.poll(() => members.count(), { timeout: 300_000 }).toBe(96);
    await page.fill(".find-member input", "agent-999");
    await expect.poll(() => members.count(), { timeout: 300_000 }).toBe(1);
    await page.waitForSelector('.card[data-agent="agent-999"] svg');
    await page.evaluate(() => {
      location.hash = "#/society/agent-999";
    });
    await page.waitForSelector(".statechart-trail");
    expect(faults).toEqual([]);
  });
});
