/** Modules in a folder that is far from the checkout: what they may import, and what is said of those that fail. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../config/config.ts";
import { clocks, type Outcome } from "./plug-in.fixture.ts";
import { isPath } from "./reference.ts";
import { plugIn } from "./socket.ts";

const fixture = fileURLToPath(new URL("./plug-in.fixture.ts", import.meta.url));

const sources = {
  "sound.ts": `
    import { setup } from "xstate";
    import { z } from "zod";
    import type { Clock } from "agora";
    import { three } from "./beside.ts";
    export const helper = { unrelated: true };
    export const clock: Clock = { name: typeof setup, tick: () => z.number().parse(three) };`,
  "beside.ts": `export const three: number = 3;`,
  "made.ts": `export default async ({ seed }: { seed: number }) => ({ name: "made", tick: () => seed });`,
  "class.ts": `
    class Clock { name = "class"; tick() { return 1; } }
    export const anything = new Clock();`,
  "own.ts": `
    import { hands } from "hands";
    export const clock = { name: hands, tick: () => 2 };`,
  "syntax.ts": `export const clock = {\n  name: "syntax"\n  tick: 1,\n};`,
  "deep.ts": `import { clock as inner } from "./syntax.ts";\nexport const clock = inner;`,
  "absent.ts": `import { gone } from "./gone.ts";\nexport const clock = gone;`,
  "package.ts": `import { gone } from "no-such-package";\nexport const clock = gone;`,
  "named.ts": `import { gone } from "xstate";\nexport const clock = gone;`,
  "throws.ts": `import "xstate";\nthrow new Error("no key is set");`,
  "refuses.ts": `export const clock = () => { throw new Error("no battery"); };`,
  "shapeless.ts": `export const clock = { name: "shapeless" };`,
  "empty.ts": `export {};`,
} as const;
type Source = keyof typeof sources;

let folder: string;
let outcomes: ReadonlyMap<string, Outcome>;
const outcomeOf = (source: Source | "nowhere.ts"): Outcome => outcomes.get(source) ?? {};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-plugin-"));
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, name), text);
  const own = join(folder, "node_modules", "hands");
  mkdirSync(own, { recursive: true });
  writeFileSync(
    join(own, "package.json"),
    JSON.stringify({ name: "hands", type: "module", main: "hands.js" }),
  );
  writeFileSync(join(own, "hands.js"), `export const hands = "its own package";`);
  const names = [...Object.keys(sources), "nowhere.ts"];
  const printed = execFileSync(process.execPath, [fixture, ...names.map((name) => join(folder, name))], {
    cwd: folder,
    encoding: "utf8",
  });
  const lines = printed.trim().split("\n");
  outcomes = new Map(names.map((name, index) => [name, JSON.parse(lines[index] ?? "{}")]));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a module outside the checkout", () => {
  test("imports the checkout's packages, files beside it, and types by the package's name", () => {
    expect(outcomeOf("sound.ts")).toEqual({ said: "function", ticks: 3 });
  });

  test("imports packages of its own", () => {
    expect(outcomeOf("own.ts")).toEqual({ said: "its own package", ticks: 2 });
  });

  test("may export a function, which makes the part from the configuration", () => {
    expect(outcomeOf("made.ts")).toEqual({ said: "made", ticks: 7 });
  });

  test("may export the part under any name, methods of a class included", () => {
    expect(outcomeOf("class.ts")).toEqual({ said: "class", ticks: 1 });
  });
});

describe("a module that cannot be plugged in", () => {
  const failures: readonly (readonly [Source | "nowhere.ts", string, RegExp])[] = [
    [
      "syntax.ts",
      "a syntax error",
      /cannot be loaded \(SyntaxError: .*syntax\.ts:3\).*Fix: correct what it says/,
    ],
    [
      "deep.ts",
      "a syntax error in what it imports",
      /deep\.ts cannot be loaded \(SyntaxError: .*syntax\.ts:3\)/,
    ],
    [
      "absent.ts",
      "an import of a file that is not there",
      /Cannot find module '\S*gone\.ts' imported from \S*absent\.ts/,
    ],
    [
      "package.ts",
      "an import of a package that is not there",
      /no-such-package.*Fix: correct the import, or install/,
    ],
    [
      "named.ts",
      "an import of a name that is not there",
      /does not provide an export named 'gone' \(\S*named\.ts:1\)/,
    ],
    [
      "throws.ts",
      "an error of its own",
      /\(Error: no key is set \(\S*throws\.ts:2\)\).*Fix: correct what the module does/,
    ],
    ["refuses.ts", "a function that fails", /refuses\.ts fails where it is made \(no battery\)/],
    ["shapeless.ts", "a part that lacks a member", /is no Clock: it lacks tick \(function\)/],
    ["empty.ts", "no export", /exports no Clock; expected a module with `export const clock`/],
    ["nowhere.ts", "a path to nothing", /nowhere\.ts is not there.*Fix: correct the path/],
  ];

  test.each(failures)("%s is refused for %s, with key, file, cause and fix", (source, _, words) => {
    const { message = "" } = outcomeOf(source);
    expect(message).toMatch(words);
    expect(message.startsWith(`clock: ${join(folder, source)} `)).toBe(true);
    expect(message).toContain("Fix: ");
  });

  test("keeps the error itself as the cause", () => {
    expect(outcomeOf("throws.ts").cause).toBe("no key is set");
  });
});

describe("a reference", () => {
  const config = loadConfig();

  test("a reference that is a word names what the house has", async () => {
    expect((await plugIn(clocks, "sundial", { key: "clock", config })).name).toBe("sundial");
  });

  test("a reference that is an unknown word is refused with the known ones and a guess", async () => {
    for (const [word, fix] of [
      ["sundail", 'did you mean "sundial"'],
      ["constructor", "choose one of them"],
    ])
      await expect(plugIn(clocks, word ?? "", { key: "clock", config })).rejects.toMatchObject({
        code: "AGORA_PLUGIN",
        message: expect.stringMatching(
          new RegExp(`^clock: ${word} is not known; expected one of sundial.*${fix}`),
        ),
      });
  });

  test("is a path where it has a slash or the ending of a module", () => {
    expect(["./a", "a/b", "a\\b", "a.ts", "a.mjs"].map(isPath)).toEqual(Array(5).fill(true));
    expect(["pocket", "a-b", "ts"].map(isPath)).toEqual(Array(3).fill(false));
  });
});
