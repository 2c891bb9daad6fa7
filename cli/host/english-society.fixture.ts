/** English-speaking societies over HTTP: real parts, and servers that can add numbers. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Config, ConfigInput } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import type { ModelFixture } from "../../runtime/model/model-server.fixture.ts";
import { TwinTraining } from "../../trainer/twin.ts";
import type { Parts } from "./host.ts";
import { standardParts } from "./parts.ts";
import { ofType, societyConfig } from "./society.fixture.ts";
import { type SumsOptions, startSumsServer } from "./sums-server.fixture.ts";

type Declared = Partial<NonNullable<ConfigInput["models"]>[number]>;

export interface Member extends SumsOptions {
  /** Its entry in the configuration. */
  readonly declared?: Declared;
}

export interface EnglishSociety {
  readonly config: Config;
  readonly servers: Readonly<Record<string, ModelFixture>>;
  readonly training: TwinTraining;
  /** New parts, as in a new process. */
  parts(): Promise<Parts>;
}

/** One server per member; all stop at the end of the test. */
export const englishSociety = async (
  members: Readonly<Record<string, Member>>,
  overrides: ConfigInput = {},
  env: Readonly<Record<string, string>> = {},
): Promise<EnglishSociety> => {
  const servers: Record<string, ModelFixture> = {};
  const models: NonNullable<ConfigInput["models"]> = [];
  for (const [index, [name, { declared, ...options }]] of Object.entries(members).entries()) {
    const server = await startSumsServer({ seed: 1000 * index, model: name, ...options });
    servers[name] = server;
    models.push({ name, model: name, endpoint: server.endpoint, ...declared });
  }
  onTestFinished(() => Promise.all(Object.values(servers).map((each) => each.stop())).then(() => {}));
  const quick = { callAttempts: 2, callTimeoutSeconds: 1, phaseTimeoutSeconds: 20, questionsPerRound: 3 };
  const english = { pack: "english", task: "math", difficultyStart: 1 };
  const plainly = { externalAnchor: false, randomQGen: false };
  const plain = societyConfig({ models, ...quick, ...english, ...plainly, ...overrides }, env);
  const anchorFile = join(plain.runsFolder, "anchor.jsonl");
  const problems = [1, 2, 3, 4].map((each) => ({
    question: `What is ${each} + ${each}?`,
    answer: `${2 * each}`,
  }));
  writeFileSync(anchorFile, problems.map((problem) => JSON.stringify(problem)).join("\n"));
  const config = { ...plain, anchorFile };
  const training = new TwinTraining();
  const parts = async (): Promise<Parts> => ({ ...(await standardParts(config)), training });
  return { config, servers, training, parts };
};

/** The faults of a journal: questions that are lost or count twice, samples that train twice or were not admitted. */
export const troublesIn = (records: readonly Message[]): string[] => {
  const ended = [
    ...ofType(records, "question.settled").map(({ dossier }) => dossier.question),
    ...ofType(records, "question.voided").map(({ question }) => question),
  ];
  const twice = (what: string, ids: readonly string[]) =>
    ids.flatMap((id, index) => (ids.indexOf(id) === index ? [] : [`${what} ${id} twice`]));
  const admitted = ofType(records, "question.settled").flatMap(({ admissions }) =>
    admissions.flatMap(({ solutionId, admitted: isIn }) => (isIn ? [solutionId] : [])),
  );
  const jobs = ofType(records, "training.requested");
  const trained = jobs.flatMap(({ model, samples }) => samples.map((sample) => `${model} on ${sample}`));
  const unknown = jobs.flatMap(({ samples }) => samples.filter((sample) => !admitted.includes(sample)));
  const lost = ofType(records, "round.closed").flatMap(({ round, settled, voided }) => {
    const ids = ended.filter((id) => id.startsWith(`q${round}-`));
    return settled + voided === ids.length
      ? []
      : [`round ${round} counts ${settled + voided} of ${ids.length}`];
  });
  return [
    ...twice("question", ended),
    ...twice("sample", admitted),
    ...twice("training", trained),
    ...unknown.map((sample) => `training on ${sample}, which was not admitted`),
    ...lost,
  ];
};
