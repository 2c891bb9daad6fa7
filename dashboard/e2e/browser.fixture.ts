/** Opens pages in Chromium for tests and records the faults. */
import { existsSync } from "node:fs";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import type { Closer } from "../../runtime/closings.fixture.ts";

/** The shell is the same browser without windows, and takes a third less of the processor. */
const programs = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"] as const;
const program = programs.find((path) => existsSync(path));
const isRequired = (process.env.AGORA_REQUIRE ?? "").split(",").includes("chromium");

/** For `describe.skipIf`: true if Chromium is missing and AGORA_REQUIRE does not name chromium. */
export const skipChromium: boolean = program === undefined && !isRequired;

const lack = `there is no ${programs.join(" or ")}; apt-get install chromium`;

/** Appended to a suite's title: why the suite is skipped. */
export const chromiumNote: string = skipChromium ? ` (skipped: ${lack})` : "";

if (skipChromium) console.warn(`tests in a browser are skipped: ${lack}`);

const flags = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
  ...["--disable-background-networking", "--disable-component-update"],
  // Pages live for seconds here: neither the last optimisation of their code nor threads that look for garbage pay.
  "--js-flags=--no-opt --single-threaded-gc",
];

export interface Visit {
  readonly page: Page;
  /** Console errors and warnings, content-security violations, requests to other origins. */
  readonly faults: string[];
  /** Bytes received since the visit began, headers included. */
  bytes(): number;
}

export type Look = Pick<
  BrowserContextOptions,
  "viewport" | "colorScheme" | "deviceScaleFactor" | "reducedMotion"
>;

export const desktop: Look = { viewport: { width: 1280, height: 800 }, colorScheme: "dark" };
/** As readers see it who have not asked for less motion. */
export const moving: Look = { ...desktop, reducedMotion: "no-preference" };
export const phone: Look = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };

let running: Promise<Browser> | undefined;

const launch = async (): Promise<Browser> => {
  if (program === undefined) throw new Error(`AGORA_REQUIRE names chromium, but ${lack}`);
  // Playwright would end the worker with an exit code; here the worker's end closes Chromium, and removes its profile.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  const browser = await chromium.launch({ executablePath: program, headless: true, args: flags, ...signals });
  process.once("SIGTERM", () => void browser.close());
  browser.on("disconnected", () => {
    running = undefined;
  });
  return browser;
};

/**
 * One Chromium serves all files of a worker, and ends with it. Every context has a new, empty profile. Pictures move
 * only where a test asks for it: without a graphics card each takes a processor.
 */
const openContext = async (closer: Closer, look: Look): Promise<BrowserContext> => {
  running ??= launch();
  const browser = await running;
  const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce", ...look });
  closer.add(() => context.close());
  return context;
};

const listen = (page: Page, origin: string, faults: string[]): void => {
  page.on("console", (line) => {
    if (["error", "warning"].includes(line.type())) faults.push(`${line.type()}: ${line.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", () => faults.push("the page opened a window"));
  page.on("download", () => faults.push("the page started a download"));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== "data:") faults.push(`request to ${url.href}`);
  });
};

/** Opens an address with a new profile, until `closer` closes it. */
export const visit = async (closer: Closer, address: string, look: Look = desktop): Promise<Visit> => {
  const context = await openContext(closer, look);
  const page = await context.newPage();
  const faults: string[] = [];
  let bytes = 0;
  listen(page, new URL(address).origin, faults);
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      console.error(`policy refused ${violatedDirective} ${blockedURI}`);
    });
  });
  const wire = await context.newCDPSession(page);
  await wire.send("Network.enable");
  wire.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await page.goto(address);
  return { page, faults, bytes: () => bytes };
};

/** The page's text summary of all agents' states. */
export const pictureOf = (page: Page): Promise<string> => page.evaluate(() => globalThis.agoraPicture());
