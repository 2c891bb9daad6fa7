/** A scripted society in its own process, which a test kills. It prints every settled question. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadConfig } from "../../runtime/config/config.ts";
import type { TrainingBackend } from "../../runtime/training.ts";
import { startRun } from "./host.ts";
import { scriptedParts, slowScript } from "./scripted-society.ts";

/** Rounds go with the number of kills, so that the run does not end before the last one. */
const [runsFolder = "", mode = "run", kills = ""] = process.argv.slice(2);

/** Trains slowly, renames finished folders into place and leaves a mark for each. */
const slowTraining: TrainingBackend = {
  train: async ({ output, job }, signal) => {
    if (!existsSync(output)) {
      await sleep(40, undefined, { signal });
      const draft = `${output}.${process.pid}`;
      mkdirSync(draft, { recursive: true });
      writeFileSync(join(draft, "adapter_config.json"), "{}");
      renameSync(draft, output);
      writeFileSync(join(runsFolder, `trained-${job}-${process.pid}`), "");
    }
    return { folder: output, loss: undefined };
  },
};

const names = ["a", "b", "c", "d"];
const config = loadConfig({
  env: {},
  overrides: {
    run: "killed",
    runsFolder,
    models: names.map((name) => ({ name, model: name, endpoint: "http://127.0.0.1:1/v1" })),
    rounds: 10 + 8 * Number(kills),
    updates: 6 * Number(kills),
    questionsPerRound: 8,
    overlap: 0.5,
    bufferThreshold: 24,
    difficultyStart: 5,
    difficultyControl: false,
  },
});
// A few milliseconds for every call, so that the run can be killed at many instants.
const scripts = Object.fromEntries(
  names.map((name, index) => [name, slowScript(index + process.pid, 0.004)]),
);
const run = await startRun(
  {
    config,
    resume: mode === "resume",
    onMessage: (message) => {
      if (message.type === "question.settled") process.stdout.write(`${message.dossier.question}\n`);
    },
  },
  scriptedParts(config, { scripts, training: slowTraining }),
);
const end = await run.ended;
await run.close();
process.stdout.write(`ended ${end.outcome}\n`);
