import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { loadTrueSkill } from "../../actors/rater.ts";
import { societyConfig } from "../../runtime/society.fixture.ts";
import { livePage, read, slowScript, view } from "../page.fixture.ts";

beforeAll(() => loadTrueSkill(), 120_000);

test("try", async () => {
  const config = societyConfig({ rounds: 3 });
  const scripts = Object.fromEntries(
    ["ant", "bee", "cat"].map((name, index) => [name, slowScript(index, 0.05)]),
  );
  const { page, run } = await livePage(config, { scripts });
  const viewer = await view(page);
  await run.ended;
  await viewer.until(({ ended }) => ended !== undefined);
  console.log(viewer.frames.length, JSON.stringify(viewer.frames[3]));
  for (const path of [
    "/api/run",
    "/api/charts",
    "/api/frame",
    "/api/events?limit=3",
    "/api/growth",
    "/api/training",
    "/api/history",
    "/api/questions",
  ])
    console.log(path, JSON.stringify(await read(page, path)).slice(0, 1500));
});
