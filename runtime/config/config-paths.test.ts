/** Where the paths of a configuration begin, and that they are kept absolute. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "./config.ts";

const quiet = { env: {}, checkpoints: [] };
let folder: string;
const write = (text: string): string => {
  const file = join(folder, "run.yaml");
  writeFileSync(file, text);
  return file;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-paths-"));
  mkdirSync(join(folder, "mine"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("paths in a file begin at the file's folder, for modules, packs and problems alike", () => {
  const config = loadConfig({
    ...quiet,
    file: write(`
      task: ./mine/task.ts
      rater: elo.ts
      trainer: mine/trainer.mjs
      pack: ./mine
      agents: [./mine/observer.ts, historian]
      anchorFile: problems.jsonl
      benchmarkFiles: { own: mine/own.jsonl }
      models:
        - { name: a, model: wren, kind: ../heckler.ts, pack: mine/pack }
        - { name: b, model: mole }`),
  });
  const beside = (path: string) => resolve(folder, path);
  expect(config).toMatchObject({
    ...{ task: beside("mine/task.ts"), rater: beside("elo.ts"), trainer: beside("mine/trainer.mjs") },
    ...{ pack: beside("mine"), agents: [beside("mine/observer.ts"), "historian"] },
    ...{ anchorFile: beside("problems.jsonl"), benchmarkFiles: { own: beside("mine/own.jsonl") } },
  });
  expect(config.models.map(({ kind, pack }) => [kind, pack])).toEqual([
    [beside("../heckler.ts"), beside("mine/pack")],
    ["model", undefined],
  ]);
});

test("what is not beside the file, and lies below the current folder, is found there", () => {
  const { rater } = loadConfig({ ...quiet, file: write("rater: examples/elo/elo.ts") });
  expect(rater).toBe(resolve("examples/elo/elo.ts"));
});

test("paths in flags and of a calling program begin at the current folder", () => {
  const { task, rater } = loadConfig({ ...quiet, flags: ["task=./a.ts"], overrides: { rater: "./b.ts" } });
  expect([task, rater]).toEqual([resolve("a.ts"), resolve("b.ts")]);
});

test("what is kept is read again as it is, from any folder", () => {
  const config = loadConfig({ ...quiet, file: write("task: ./mine/task.ts") });
  expect(loadConfig({ ...quiet, overrides: JSON.parse(JSON.stringify(config)) })).toEqual(config);
});

test("words stay words, and what is neither a word nor a path is refused", () => {
  expect(loadConfig({ ...quiet, flags: ["task=math", "trainer=nats", "nats=a:1"] })).toMatchObject({
    ...{ task: "math", trainer: "nats", rater: "trueskill" },
  });
  expect(() => loadConfig({ ...quiet, flags: ["task=a task"] })).toThrow(
    /^task: .*expected a name, or a path/,
  );
  expect(() => loadConfig({ ...quiet, flags: ["trainer=pefft"] })).toThrow(/^trainer: .*one of auto, pocket/);
});
