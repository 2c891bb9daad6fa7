/** The trial with and without examples, from the order of the work to the counts of the round. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { noCount } from "../../machines/folds/arms.ts";
import { workFor } from "../../machines/folds/asked.ts";
import { withSolution, withWithheld } from "../../machines/folds/dossier.ts";
import { closingDraft, emptySociety, foldSociety } from "../../machines/folds/society.ts";
import { dossierOf, said } from "../../machines/machines.fixture.ts";
import { chanceOf } from "../../machines/random.ts";
import { abstention, isTaught, type Solve } from "../../machines/work.ts";
import { loadPack } from "../../prompts/pack.ts";
import { loadConfig } from "../../runtime/config/config.ts";
import type { Dossier, Draft, Exemplar, SuccessCount } from "../../runtime/messages.ts";
import type { ModelCall } from "../../runtime/model/model.ts";
import { scriptedModel } from "../../runtime/model/scripted.ts";
import type { Tools } from "../agent.ts";
import { doWork } from "../attempts.ts";
import { ServedModel } from "../serving/served-model.ts";
import { solve } from "./solver.ts";

const exemplar: Exemplar = {
  ...{ question: "old", text: "1+1", solution: "1+1=2 ans 2", author: "bee", explanation: "by head" },
  ...{ quality: 1, mu: 25, kind: "chain 1" },
};
const models = ["ant", "bee"].map((name) => ({ name, model: name, endpoint: "http://127.0.0.1:9/v1" }));
const config = loadConfig({ env: {}, overrides: { preset: "paper", models, zeroShotShare: 0.3 } });
const pack = loadPack(join(import.meta.dirname, "../../prompts/pocket"));
const group = ["ant", "bee"];

/** `ant`, whose model replies so. */
const antWith = (reply: (call: ModelCall) => string): Tools =>
  ({
    ...{ name: "ant", config, pack },
    models: new Map([
      ["ant", new ServedModel(scriptedModel({ name: "ant", script: { "*": reply } }), "runs/none")],
    ]),
  }) as unknown as Tools;

const workOn = (question: string, exemplars: readonly Exemplar[]): Solve => {
  const posed = { question, round: 0, author: "bee", adapter: 0, difficulty: 1, text: "2+2", group };
  const memory = { name: "ant", settings: config, exemplars, remarks: {} };
  const [work] = workFor(memory, said("question.posed", posed));
  if (work?.kind !== "solve") throw new Error("no work");
  return work;
};

/** What `ant` says of a question in two attempts. */
const answered = async (
  tools: Tools,
  question: string,
  exemplars: readonly Exemplar[],
): Promise<readonly Draft[]> => {
  const work = workOn(question, exemplars);
  const ended = await doWork(
    { work, attempts: 2, timeoutSeconds: 10 },
    {
      perform: (attempt, signal) =>
        attempt.work.kind === "solve" ? solve(tools, attempt.work, attempt, signal) : Promise.resolve([]),
      abstain: (piece, cause) => abstention(piece, "ant", 0, cause),
    },
    new AbortController().signal,
  );
  return ended.outcome === "done" ? ended.drafts : abstention(work, "ant", 0, ended.cause);
};

const questions = Array.from({ length: 1500 }, (_, index) => `q${index}`);

describe("a solution", () => {
  test("says that it was drawn to be written with examples, also where the retry left them out", async () => {
    const unreadable = (call: ModelCall) => (call.prompt.includes("by head") ? "what?" : "2+2=4 ans 4");
    for (const question of questions.slice(0, 20)) {
      const [draft] = await answered(antWith(unreadable), question, [exemplar]);
      const taught = isTaught(workOn(question, [exemplar]));
      expect(draft).toMatchObject({ type: "solution.offered", offered: { taught, exemplars: [] } });
      const [withheld] = await answered(
        antWith(() => "what?"),
        question,
        [exemplar],
      );
      expect(withheld).toMatchObject({ type: "solution.withheld", taught });
    }
  });

  test("is not taught where there is no history", async () => {
    for (const question of questions.slice(0, 20)) {
      const [draft] = await answered(
        antWith(() => "2+2=4 ans 4"),
        question,
        [],
      );
      expect(draft).toMatchObject({ offered: { taught: false, exemplars: [] } });
    }
  });
});

/** The round's dossier of a question: `ant` solved it, or not, and its peer verifies what is right. */
const dossierAfter = (question: string, [draft]: readonly Draft[], isRight: boolean): Dossier => {
  const empty = dossierOf({ question, group });
  if (draft?.type === "solution.withheld")
    return withWithheld(empty, draft.author, draft.cause, draft.taught);
  if (draft?.type !== "solution.offered") throw new Error("no answer");
  const dossier = withSolution(empty, draft.offered);
  return { ...dossier, verified: isRight ? [draft.offered.solutionId] : [] };
};

test("examples that have no effect show none: both arms verify the same share", async () => {
  // The harder a question, the more replies cannot be read, and the fewer solutions are right.
  const hardness = (question: string) => chanceOf("hardness", question);
  const reply = ({ about = "", seed }: ModelCall) =>
    chanceOf("read", about, seed ?? 0) < hardness(about) ? "what?" : "2+2=4 ans 4";
  const records = [];
  for (const question of questions) {
    const drafts = await answered(antWith(reply), question, [exemplar]);
    const isRight = chanceOf("right", question) > hardness(question);
    const dossier = dossierAfter(question, drafts, isRight);
    records.push(said("question.settled", { dossier, ratings: {}, admissions: [] }));
  }
  const { length: count } = questions;
  const opened = {
    round: 0,
    attempt: 0,
    generator: "bee",
    difficulty: 1,
    count,
    strategy: "explore",
  } as const;
  const society = [said("round.opened", opened), ...records].reduce(
    foldSociety(config),
    emptySociety(config),
  );
  const [round] = society.rounds;
  if (round === undefined) throw new Error("no round is open");
  const { withExamples = noCount, withoutExamples = noCount } = closingDraft(society, round, config);
  expect(withExamples.solutions + withoutExamples.solutions).toBe(count);
  const rate = ({ solutions, verified }: SuccessCount) => verified / solutions;
  const variance = (arm: SuccessCount) => (rate(arm) * (1 - rate(arm))) / arm.solutions;
  const error = Math.sqrt(variance(withExamples) + variance(withoutExamples));
  expect(Math.abs(rate(withExamples) - rate(withoutExamples))).toBeLessThan(2 * error);
  // By what the prompt had in the end, the same solutions show a great one.
  const shown = records.flatMap(({ dossier }) =>
    dossier.solutions.map(({ solutionId, exemplars }) => ({
      isShown: exemplars.length > 0,
      isVerified: dossier.verified.includes(solutionId),
    })),
  );
  const rateOf = (isShown: boolean) => {
    const arm = shown.filter((each) => each.isShown === isShown);
    return arm.filter(({ isVerified }) => isVerified).length / arm.length;
  };
  expect(rateOf(true) - rateOf(false)).toBeGreaterThan(0.1);
});
