/** A run from start to result. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resultBlock } from "../../experiments/result.ts";
import { playRun } from "./play.ts";
import { runFolder } from "./run-folder.ts";
import { scriptedParts } from "./scripted-society.ts";
import { societyConfig } from "./society.fixture.ts";

test("a result file that cannot be written is said with the end of the run, and resuming writes it", async () => {
  const config = societyConfig({ externalAnchor: false });
  const file = join(runFolder(config), "result.json");
  mkdirSync(file, { recursive: true });
  const result = await playRun({ config, parts: scriptedParts(config), problems: 0 });
  expect(result.end).toEqual({ outcome: "finished", reason: "2 rounds played" });
  expect(resultBlock(result)).toMatch(/^result\.json could not be written \(EISDIR.*\)\.\n.*resume test/m);
  rmSync(file, { recursive: true });
  const again = await playRun({ config, parts: scriptedParts(config), problems: 0, resume: true });
  expect(resultBlock(again)).not.toContain("could not be written");
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ run: "test", rounds: 2 });
  expect(readdirSync(runFolder(config)).filter((name) => name.endsWith(".part"))).toEqual([]);
});
