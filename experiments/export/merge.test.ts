import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { mergeAdapter as mergeWeights, readAdapter } from "../../pocket/engine/adapter.ts";
import { type Checkpoint, readCheckpoint } from "../../pocket/engine/checkpoint.ts";
import { FloatMemory } from "../../pocket/engine/kernels/float-memory.ts";
import { Network } from "../../pocket/engine/network.ts";
import { train } from "../../pocket/engine/training/train.ts";
import { POCKET_FOLDER } from "../../runtime/config/checkpoints.ts";
import { PYTHON_TIMEOUT, pythonLack, warmPython } from "../../trainer/python.fixture.ts";
import { mergeAdapter } from "./merge.ts";

const python = await warmPython();

/** Logits of every position, by the engine's own forward pass. `[tokens × vocabulary]` */
const logitsOf = (checkpoint: Checkpoint, tokens: readonly number[]): number[] => {
  const count = tokens.length;
  const network = new Network(new FloatMemory(), checkpoint, 1, count);
  const positions = Int32Array.from(tokens, (_, position) => position);
  const groups = [{ weights: network.pack(checkpoint), start: 0, end: count }];
  const rows = { count, tokens: Int32Array.from(tokens), positions, slots: new Int32Array(count), groups };
  network.forward({ ...rows, wanted: [...positions] });
  return tokens.flatMap((_, position) => [...network.logits(position)]);
};

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
      const expected = logitsOf(adapted, tokens);
      const found = logitsOf(readCheckpoint(join(folder, "merged")), tokens);
      const gap = Math.max(...expected.map((logit, index) => Math.abs(logit - (found[index] ?? Number.NaN))));
      expect(gap).toBeLessThan(1e-4);
      const unadapted = logitsOf(checkpoint, tokens);
      expect(
        Math.max(...unadapted.map((logit, index) => Math.abs(logit - (found[index] ?? 0)))),
      ).toBeGreaterThan(1e-3);

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
