/** A training backend that leaves a mark for every job that it finishes: a job that is run twice has two. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../runtime/config/config.ts";
import type { TrainingBackend } from "../../runtime/training.ts";

/** Of a whole job [ms]. */
const duration = 300;

/** The folder of the marks of a run. */
export const marksFolder = ({ runsFolder }: Pick<Config, "runsFolder">): string => join(runsFolder, "marks");

/** The job that has left a mark. */
export const jobOfMark = (mark: string): string => mark.slice(0, mark.lastIndexOf("-"));

export const trainer = (config: Config): TrainingBackend => ({
  slots: 1,
  train: async ({ output, job }, signal, onStep) => {
    if (existsSync(output)) return { folder: output, loss: undefined };
    await sleep(duration, undefined, { signal }).catch(() => signal.throwIfAborted());
    onStep({ step: 1, steps: 1, loss: 0.5, gradientNorm: 1 });
    const draft = join(dirname(output), `.draft-${process.pid}-${performance.now()}`);
    mkdirSync(draft, { recursive: true });
    writeFileSync(join(draft, "adapter_config.json"), "{}");
    mkdirSync(marksFolder(config), { recursive: true });
    renameSync(draft, output);
    writeFileSync(join(marksFolder(config), `${job}-${process.pid}`), "");
    return { folder: output, loss: 0.5 };
  },
});
