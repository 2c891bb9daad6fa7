/** The page of a run that plays for long: it keeps sums of all questions and single lines of the newest ones only. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HouseWindow } from "../actors/house.ts";
import { societyConfig } from "../cli/host/society.fixture.ts";
import { servedName } from "../machines/folds/weights.ts";
import { said, settledOf } from "../machines/machines.fixture.ts";
import { afterTests } from "../runtime/closings.fixture.ts";
import { Journal } from "../runtime/journal/journal.ts";
import type { Message } from "../runtime/messages.ts";
import type { QuestionsQuery } from "./page/questions/question-query.ts";
import { judge } from "./page.fixture.ts";
import { PageRun } from "./page-run.ts";
import { recentQuestions } from "./record/facts.ts";
import { Picture } from "./views/picture.ts";

const emptyHouse: HouseWindow = { residents: () => [], watch: () => () => {} };
const count = recentQuestions + 150;
/** Each job trains on the questions since the one before. */
const perJob = 50;

const settled = (index: number): Message => ({ ...settledOf(`q${index}`, ["ant", "bee"]), at: index });

const requested = (index: number): Message => {
  const version = (index + 1) / perJob;
  const samples = Array.from({ length: perJob }, (_, back) => `q${index - back}/ant`);
  const job = servedName("ant", version);
  const about = { job, model: "ant", generation: version, previous: version - 1, version, samples };
  return { ...said("training.requested", about), at: index };
};

const messages: Message[] = Array.from({ length: count }, (_, index) =>
  (index + 1) % perJob === 0 ? [settled(index), requested(index)] : [settled(index)],
).flat();
const repeated: Message = {
  ...said("question.voided", {
    ...{ question: "again", round: 0, author: "ant", adapter: 0, text: "About q3", reason: "duplicate" },
  }),
  at: count,
};

const closer = afterTests();
let folder = "";
beforeAll(() => {
  const parent = mkdtempSync(join(tmpdir(), "agora-long-"));
  closer.add(() => rmSync(parent, { recursive: true, force: true }));
  folder = join(parent, "long");
  const journal = Journal.create(folder, JSON.stringify(societyConfig({}, {}, closer)));
  journal.append([...messages, repeated]);
  journal.close();
}, 60_000);

test("the picture keeps the newest questions, their solutions and the jobs of these", () => {
  const picture = new Picture(societyConfig({}), 0, 100);
  const all = new Picture(societyConfig({}), 0);
  for (const message of messages) {
    const fact = { ...message, marks: { lengths: {}, right: {} } } as Parameters<Picture["accept"]>[0];
    picture.accept(fact);
    all.accept(fact);
  }
  const keptIn = ({ questions, provenance }: Picture) => {
    const indices = Array.from({ length: count }, (_, index) => index);
    return {
      questions: indices.filter((index) => questions.keeps(`q${index}`)).length,
      trained: indices.filter((index) => provenance.trainedBy(`q${index}/ant`).length > 0).length,
      forms: indices.filter((index) => provenance.firstWith(`about q${index}`) !== undefined).length,
      jobs: indices.filter((index) => provenance.samplesOf(servedName("ant", index)) !== undefined).length,
    };
  };
  expect(keptIn(picture)).toEqual({ questions: 100, trained: 100, forms: 100, jobs: 100 / perJob });
  expect(keptIn(all)).toEqual({ questions: count, trained: count, forms: count, jobs: count / perJob });
  expect(picture.growth.view()).toEqual(all.growth.view());
  expect(picture.questions.list({ offset: 0, limit: 50 })).toEqual(
    all.questions.list({ offset: 0, limit: 50 }),
  );
});

test("the picture keeps the newest jobs and thins the curves of a very long run, and says so", () => {
  const [picture, all] = [new Picture(societyConfig({}), 0, 500), new Picture(societyConfig({}), 0)];
  const models = ["ant", "bee"];
  const rounds = Array.from({ length: 2_500 }, (_, round): Message[] => {
    const settledNow = settledOf(`q${round}`, models, { admissions: [] });
    const version = round + 1;
    const counts = { settled: 1, voided: 0, solutions: 2, verified: 2, admitted: 0 };
    const jobs = models.flatMap((model): Message[] => {
      const about = { job: servedName(model, version), model, version };
      const reading = { ...{ request: "r", round, model, adapter: version, purpose: "gate" as const } };
      const accuracy = { correct: round % 10, total: 10 };
      return [
        said("training.requested", { ...about, generation: version, previous: round, samples: [] }),
        said("anchor.measured", { ...reading, zeroShot: accuracy, eliteShot: accuracy }),
        said("adapter.published", { ...about, folder: "f" }),
      ];
    });
    return [
      { ...settledNow, dossier: { ...settledNow.dossier, round } },
      said("round.closed", {
        ...{ round, passRate: 0.5, target: 0.5, difficulty: 1, nextDifficulty: 1, surprise: 0 },
        ...{ strategy: "explore", ...counts },
      }),
      ...jobs,
    ];
  });
  for (const message of rounds.flat()) {
    const fact = { ...message, marks: { lengths: {}, right: {} } } as Parameters<Picture["accept"]>[0];
    picture.accept(fact);
    all.accept(fact);
  }
  const [training, growth] = [picture.training.view(), picture.growth.view()];
  expect([training.jobs.length, training.older]).toEqual([500, 4_500]);
  expect(training.jobs).toEqual(all.training.view().jobs.slice(-500));
  const { rounds: points, ratings, anchors, fillings, thinned } = growth;
  for (const curve of [points, ratings, anchors, fillings]) expect(curve.length).toBeLessThanOrEqual(2_000);
  const whole = all.growth.view();
  expect([points[0], points.at(-1)]).toEqual([whole.rounds[0], whole.rounds.at(-1)]);
  expect([ratings[0], ratings.at(-1)]).toEqual([whole.ratings[0], whole.ratings.at(-1)]);
  expect(whole.rounds).toHaveLength(2_500);
  expect(whole.thinned).toBeUndefined();
  expect(thinned?.all).toBe(2_500 + 2_500 + 5_000 + 2_500);
  expect(thinned?.shown).toBe(points.length + ratings.length + anchors.length + fillings.length);
  const { accuracy } = picture.headline.view();
  const [first, last] = [accuracy.mean[0], accuracy.mean.at(-1)];
  const mean = all.headline.view().accuracy.mean;
  expect(accuracy.mean.length).toBeLessThanOrEqual(501);
  expect([first, last, mean.length]).toEqual([mean[0], mean.at(-1), 2_500]);
  expect(picture.headline.view().updates).toBe(2_500);
});

describe("a page that has forgotten its first questions shows what a replay shows", () => {
  let [live, replay]: [PageRun?, PageRun?] = [];
  const pages = (): readonly [PageRun, PageRun] => {
    live ??= new PageRun({ folder, judge, house: emptyHouse });
    replay ??= new PageRun({ folder, judge });
    return [live, replay];
  };
  afterAll(async () => void (await Promise.all([live?.close(), replay?.close()])));
  const queries: QuestionsQuery[] = [
    { offset: 0, limit: 50 },
    { offset: recentQuestions + 100, limit: 50 },
    { offset: 0, limit: 50, order: "ascending", sort: "time" },
    { offset: 0, limit: 50, text: "q12" },
    { offset: 0, limit: 50, outcome: "void" },
  ];

  test.each(queries)("of the questions with %o", async (query) => {
    const [live, replay] = pages();
    const seen = await live.questions(query, undefined);
    expect(seen.lines.length).toBeGreaterThan(0);
    expect(seen).toEqual(await replay.questions(query, undefined));
    expect(await live.questions(query, count - 1)).toEqual(await replay.questions(query, count - 1));
  });

  test.each(["q0", "q3", `q${count - 1}`, "again"])("of question %s", async (question) => {
    const [live, replay] = pages();
    const seen = await live.question(question, undefined);
    expect(seen).toBeDefined();
    expect(seen).toEqual(await replay.question(question, undefined));
    expect(seen?.repeats).toBe(question === "again" ? "q3" : undefined);
  });

  test.each([1, count / perJob])("of the samples of job %i", async (version) => {
    const [live, replay] = pages();
    const seen = await live.job(servedName("ant", version), undefined);
    expect(seen?.samples.length).toBe(perJob);
    expect(seen).toEqual(await replay.job(servedName("ant", version), undefined));
  });
});
