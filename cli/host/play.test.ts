/** A run from start to result. */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { playRun } from "./play.ts";
import { runFolder } from "./run-folder.ts";
import { scriptedParts } from "./scripted-society.ts";
import { societyConfig } from "./society.fixture.ts";

test("a result file that cannot be written is a trouble, and does not hide how the run ended", async () => {
  const config = societyConfig({ externalAnchor: false });
  mkdirSync(join(runFolder(config), "result.json"), { recursive: true });
  const troubles: string[] = [];
  const { end } = await playRun({
    ...{ config, parts: scriptedParts(config), problems: 0 },
    onTrouble: (where) => void troubles.push(where),
  });
  expect([end, troubles]).toEqual([
    { outcome: "finished", reason: "2 rounds played" },
    ["writing result.json"],
  ]);
  expect(readdirSync(runFolder(config)).filter((name) => name.endsWith(".part"))).toEqual([]);
});
