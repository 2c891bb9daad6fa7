import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { mergeAdapter as mergeWeights, readAdapter } from "../../pocket/engine/adapter.ts";
import { readCheckpoint } from "../../pocket/engine/checkpoint.ts";
import { logitsOf } from "../../pocket/engine/logits.fixture.ts";
import { train } from "../../pocket/engine/training/train.ts";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import { PYTHON_TIMEOUT, pythonLack, warmPython } from "../../trainer/python.fixture.ts";
import { mergeAdapter } from "./merge.ts";

const run = promisify(execFile);
const LOGITS = join(import.meta.dirname, "../../trainer/tests/merged_logits.py");
const python = await warmPython();

describe.skipIf(pythonLack !== undefined)(
  `a merged checkpoint${pythonLack ? ` (skipped: ${pythonLack})` : ""}`,
  () => {
    const base = join(POCKET_FOLDER, "wren");
    const scratch = (): string => {
      const folder = mkdtempSync(join(tmpdir(), "agora-merge-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      return folder;
    };
    const merging = (adapter: string, output: string) => ({
      python,
      trustRemoteCode: false,
      base,
      adapter,
      output,
    });

    test("has the logits of base and adapter together", { timeout: PYTHON_TIMEOUT }, async () => {
      const folder = scratch();
      const samples = Array.from({ length: 8 }, (_, index) => ({
        prompt: `${index}+1?`,
        response: `ans ${index}`,
      }));
      const { adapter } = await train({
        ...{
          base,
          samples,
          rank: 4,
          alpha: 8,
          dropout: 0,
          learningRate: 0.01,
          epochs: 2,
          batchSize: 4,
          seed: 1,
        },
        ...{ targetModules: ["q_proj", "v_proj"], output: join(folder, "adapter") },
      });
      await mergeAdapter(merging(adapter, join(folder, "merged")));
      const checkpoint = readCheckpoint(base);
      const adapted = mergeWeights(checkpoint, readAdapter(adapter, checkpoint.shape));
      const tokens = [1, 11, 16, 12, 21, 5, 9];
      const expected = logitsOf(adapted, tokens).flat();
      const found = logitsOf(readCheckpoint(join(folder, "merged")), tokens).flat();
      const gap = Math.max(...expected.map((logit, index) => Math.abs(logit - (found[index] ?? Number.NaN))));
      expect(gap).toBeLessThan(1e-4);
      const unadapted = logitsOf(checkpoint, tokens).flat();
      expect(
        Math.max(...unadapted.map((logit, index) => Math.abs(logit - (found[index] ?? 0)))),
      ).toBeGreaterThan(1e-3);

      // `transformers` reads the merged checkpoint without peft, and computes the same.
      const { stdout } = await run(python, [LOGITS, join(folder, "merged"), JSON.stringify([tokens])]);
      const theirs: number[] = JSON.parse(stdout)[0].flat();
      const apart = Math.max(
        ...expected.map((logit, index) => Math.abs(logit - (theirs[index] ?? Number.NaN))),
      );
      expect(apart).toBeLessThan(1e-4);

      const again = mergeAdapter(merging(adapter, join(folder, "merged")));
      await expect(again).rejects.toMatchObject({
        code: "export.merge",
        message: expect.stringContaining("exists already"),
      });
    });

    test("fails for an unreadable adapter and for a missing Python", {
      timeout: PYTHON_TIMEOUT,
    }, async () => {
      const folder = scratch();
      const broken = mergeAdapter(merging(join(folder, "nowhere"), join(folder, "merged")));
      await expect(broken).rejects.toMatchObject({
        code: "export.merge",
        message: expect.stringContaining("cannot be merged"),
      });
      expect(existsSync(join(folder, "merged"))).toBe(false);
      const python = mergeAdapter({ ...merging(folder, join(folder, "merged")), python: "/nowhere/python" });
      await expect(python).rejects.toThrow("ENOENT");
    });
  },
);
