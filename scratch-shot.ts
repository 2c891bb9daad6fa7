// usage: shot.ts url outPrefix look[,look] hash ms[,ms...]
import { chromium } from "playwright-core";
const [, , url = "", out = "", looks = "dl", hash = "", times = "1500"] = process.argv;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: ["--no-sandbox", "--disable-gpu"] });
for (const look of looks.split(",")) {
  const phone = look.startsWith("p");
  const context = await browser.newContext({ locale: "en-GB", viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 800 }, deviceScaleFactor: 1, colorScheme: look.endsWith("d") ? "dark" : "light" });
  const page = await context.newPage();
  page.on("console", (line) => { if (["error", "warning"].includes(line.type())) console.log("console:", line.text()); });
  page.on("pageerror", (error) => console.log("uncaught:", error.message));
  const began = Date.now();
  await page.goto(url + hash);
  for (const time of times.split(",").map(Number)) {
    await page.waitForTimeout(Math.max(0, began + time - Date.now()));
    await page.screenshot({ path: `${out}-${look}-${time}.png` });
    if (phone) await page.screenshot({ path: `${out}-${look}-${time}-full.png`, fullPage: true });
  }
  await context.close();
}
await browser.close();
