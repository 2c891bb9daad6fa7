/** A training backend of the user's own, named by its path. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../runtime/config/config.ts";
import { trainingOf } from "./backends.ts";

const trainerIn = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "agora-trainer-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "trainer.ts");
  writeFileSync(file, text);
  return file;
};
const configOf = (file: string) => loadConfig({ flags: [`trainer=${file}`, "seed=7"], env: {} });

test("trains every model, and is made from the run's configuration", async () => {
  const file = trainerIn(`
    import type { Config, TrainingBackend } from "agora";
    export const trainer = ({ seed, models }: Config): TrainingBackend => ({
      slots: models.length,
      train: async ({ output }) => ({ folder: output, loss: seed }),
    });`);
  const training = await trainingOf(configOf(file), "nowhere");
  expect(training.slots).toBe(4);
  const order = { job: "a@v1", model: "a", previous: undefined, samples: [], output: "adapters/1", slot: 0 };
  const lora = {
    rank: 1,
    alpha: 1,
    dropout: 0,
    targets: [],
    learningRate: 1,
    epochs: 1,
    batchSize: 1,
    seed: 1,
  };
  expect(await training.train({ ...order, ...lora }, new AbortController().signal, () => {})).toEqual({
    ...{ folder: "adapters/1", loss: 7 },
  });
});

test("is refused where it cannot train, with the key", async () => {
  await expect(
    trainingOf(configOf(trainerIn("export const trainer = { slots: 2 };")), "nowhere"),
  ).rejects.toThrow(/^trainer: \S*trainer\.ts is no TrainingBackend: it lacks train \(function\)/);
});
