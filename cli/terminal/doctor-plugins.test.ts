/** `agora doctor` as a process, with modules in a folder outside the checkout. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const agora = fileURLToPath(new URL("../agora.ts", import.meta.url));

const files = {
  "task.ts": `
    import { z } from "zod";
    import type { Task } from "agora";
    export const task: Task = {
      name: z.string().parse("own"), benchmarks: ["own"],
      anchor: () => [], benchmark: () => [], grade: () => false,
      contamination: () => undefined, truth: () => undefined,
    };`,
  "observer.ts": `
    import { setup } from "xstate";
    const machine = setup({}).createMachine({ id: "observer" });
    export const observer = {
      kind: "observer", member: false, essential: false,
      plan: () => ({ kind: "observer", machine, input: undefined, hears: [] }),
    };`,
  "rater.ts": `export const rater = {\n  initial: () => ({ mu: 0, sigma: 1 })\n  duel: 1,\n};`,
  "trainer.ts": `import { gpu } from "no-such-package";\nexport const trainer = gpu;`,
  "run.yaml": `
    task: ./task.ts
    rater: ./rater.ts
    trainer: ./trainer.ts
    agents: [./observer.ts]
    pack: ./packs/own`,
} as const;

let folder: string;
let printed: string;
let code: unknown;
const found = (name: string): string => {
  const [, part = ""] = printed.split(new RegExp(`^(?=(?:ok  |FAIL)  ${name} )`, "m"));
  return part.split(/\n(?=ok {4}|FAIL)/)[0] ?? "";
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "agora-doctor-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { promise, resolve } = Promise.withResolvers<void>();
  execFile(process.execPath, [agora, "doctor", "-c", "run.yaml"], { cwd: folder }, (error, stdout) => {
    printed = stdout;
    code = error?.code;
    resolve();
  });
  await promise;
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("agora doctor", () => {
  test("loads and describes the modules of a configuration", () => {
    expect(found("task")).toBe(`ok    task ${join(folder, "task.ts")}: own, with benchmarks own`);
    expect(found("agents\\[0\\]")).toBe(`ok    agents[0] ${join(folder, "observer.ts")}: observer`);
  });

  test("names a syntax error, its line and the fix", () => {
    expect(found("rater")).toMatch(
      /^FAIL {2}rater \S*rater\.ts: cannot be loaded \(SyntaxError: .*rater\.ts:3\)\); expected a module with `export const rater`[\s\S]*fix: correct what it says/,
    );
  });

  test("names a missing import and the fix", () => {
    expect(found("trainer")).toMatch(
      /Cannot find package 'no-such-package' imported from \S*trainer\.ts[\s\S]*fix: correct the import, or install/,
    );
  });

  test("names the missing file of a prompt pack", () => {
    expect(found("pack")).toMatch(/packs\/own\/pack\.yaml/);
  });

  test("ends with the exit code for failed checks", () => {
    expect(code).toBe(3);
  });
});
