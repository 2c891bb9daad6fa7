/** Plays baselines with scripted models: the configuration is that of the baseline's folder, made small. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { soundScript } from "../../cli/host/scripted-society.ts";
import { play } from "../../cli/host/society.fixture.ts";
import { afterTest } from "../../runtime/closings.fixture.ts";
import { type Config, type ConfigInput, loadConfig } from "../../runtime/config/config.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import type { Script, ScriptedAnswer } from "../../runtime/model/scripted.ts";
import type { TrainingBackend, TrainingOrder } from "../../runtime/training.ts";
import { TwinTraining } from "../../trainer/twin.ts";
import { pocketTask } from "../tasks/pocket.ts";

/** Two rounds of four questions for the given members. */
export const baselineConfig = (
  kind: string,
  members: readonly string[] = ["ant", "bee"],
  more: ConfigInput = {},
): Config => {
  const runsFolder = mkdtempSync(join(tmpdir(), `agora-${kind}-`));
  afterTest.add(() => rmSync(runsFolder, { recursive: true, force: true }));
  const models = members.map((name) => ({ name, model: name, endpoint: "http://127.0.0.1:9/v1" }));
  const small = { rounds: 2, questionsPerRound: 4, trainingSlots: 1, jobBackoffSeconds: 0.01 };
  return loadConfig({
    file: join(import.meta.dirname, kind, `${kind}.yaml`),
    overrides: { run: kind, runsFolder, models, ...small, ...more },
    env: {},
  });
};

/** A text whose last token has this loss [nats]. */
export const scored = ({ length }: string, loss: number): ScriptedAnswer => ({
  scores: [
    { offset: 0, logprob: undefined },
    { offset: length - 1, logprob: -loss },
  ],
});

/** Models that never err, in the roles of baselines. */
const soundRoles = (seed: number): Script => {
  const { generator = [], solver = [], verifier = [] } = soundScript(seed);
  return {
    ...{ rewriter: generator, instruction: generator, rationaliser: solver },
    ...{ reviewer: verifier, adjudicator: verifier, tagger: verifier },
    scorer: ({ prompt }) => scored(prompt, prompt.includes("?") ? 1 : 2),
  };
};

/** `orders`: the orders of the training jobs. */
export const playBaseline = async (config: Config, scripts: Readonly<Record<string, Script>> = {}) => {
  const [orders, twin] = [[] as TrainingOrder[], new TwinTraining()];
  const train: TrainingBackend["train"] = (order, ...rest) => {
    orders.push(order);
    return twin.train(order, ...rest);
  };
  const all = config.models.map(({ name }, index) => [name, { ...soundRoles(index), ...scripts[name] }]);
  const played = await play(config, { training: { train }, scripts: Object.fromEntries(all) });
  return { orders, ...played };
};

/** The question of a solver's prompt: what stands between the last line break and the question mark. */
export const askedIn = ({ prompt }: ModelCall): string => prompt.match(/([^\n?]+)\?\s*$/)?.[1] ?? "";

/** One digit, or two. */
export const truthOf = (call: ModelCall): string => pocketTask.truth(askedIn(call)) ?? "";

/** Another answer of the same length. */
export const wrongFor = (answer: string): string => after(answer, 1);

const after = (answer: string, more: number): string => {
  const modulus = 10 ** answer.length;
  return String((Number(answer) + more + modulus) % modulus).padStart(answer.length, "0");
};

/** A well-formed solution whose one step is made up; distinct steps from 0 to 9 make distinct texts. */
export const solutionText = (answer: string, step = 0): string =>
  `${after(answer, -step)}+${step}=${answer} ans ${answer}`;
