/** The configuration of a society of the harness: small rounds, short deadlines, and training every few rounds. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ConfigInput } from "../../runtime/config/config.ts";
import type { Plan } from "./plan.ts";

const trainer = fileURLToPath(new URL("./marking-trainer.ts", import.meta.url));

export const questionsPerRound = 4;

interface Wish {
  readonly plan: Plan;
  readonly names: readonly string[];
  readonly endpoints: ReadonlyMap<string, string>;
  readonly rounds: number;
  readonly folder: string;
}

const scripted = ({ names, endpoints, folder }: Wish): ConfigInput => {
  const anchorFile = join(folder, "anchor.jsonl");
  const problems = [1, 2, 3, 4].map((each) => ({
    question: `What is ${each} + ${each}?`,
    answer: `${2 * each}`,
  }));
  writeFileSync(anchorFile, problems.map((problem) => JSON.stringify(problem)).join("\n"));
  return {
    preset: "paper",
    models: names.map((name) => ({ name, model: name, endpoint: endpoints.get(name) ?? "" })),
    ...{ pack: "english", task: "math", anchorFile, difficultyStart: 2 },
    ...{ callTimeoutSeconds: 2, callAttempts: 2, absentAfter: 6 },
    ...{ trainer, bufferThreshold: 12, jobBackoffSeconds: 0.2 },
  };
};

const pocket = ({ names }: Wish): ConfigInput => ({
  preset: "pocket",
  models: names.map((name) => ({ name, model: name, endpoint: "pocket" })),
  ...{ callTimeoutSeconds: 20, phaseTimeoutSeconds: 60, patienceSeconds: 15 },
  ...{ bufferThreshold: 12, loraEpochs: 1, jobBackoffSeconds: 0.5 },
});

/** Half of all societies let their rounds overlap. */
export const chaosConfig = (wish: Wish): ConfigInput => {
  const { plan, rounds, folder } = wish;
  return {
    ...{ run: "chaos", runsFolder: join(folder, "runs"), seed: plan.seed },
    ...{ rounds, updates: 1_000_000, questionsPerRound, overlap: plan.seed % 2 === 0 ? 0.5 : 0 },
    ...{ externalAnchor: false, heartbeatSeconds: 1 },
    ...{ phaseTimeoutSeconds: 15, patienceSeconds: 4, remarkSeconds: 2 },
    ...(plan.kind === "pocket" ? pocket(wish) : scripted(wish)),
  };
};
