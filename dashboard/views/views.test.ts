/** Compares the views of a scripted run with the journal's SQL views, at the end and while the run grows. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { runFolder } from "../../cli/host/host.ts";
import { soundScript } from "../../cli/host/scripted-society.ts";
import { readRecords, societyConfig } from "../../cli/host/society.fixture.ts";
import { emptyHistory, foldHistory, topExemplars } from "../../machines/historian.ts";
import { afterTests, type Closer } from "../../runtime/closings.fixture.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Script, ScriptedAnswer } from "../../runtime/model/scripted.ts";
import { judge } from "../page.fixture.ts";
import { alwaysNine, chronicleOf, playRecorded } from "../recorded-run.fixture.ts";
import type { Picture } from "./picture.ts";
import { Pictures } from "./pictures.ts";
import { questionView } from "./questions.ts";

// Importing the rating library is slow, so it is not part of a test's time.
type Row = Readonly<Record<string, number | string | null>>;

const query = (config: Config, sql: string): Row[] => {
  const database = new DatabaseSync(join(runFolder(config), "run.db"), { readOnly: true });
  onTestFinished(() => database.close());
  return database.prepare(sql).all() as Row[];
};

/** Every third question is malformed. cat always answers 9, and the other verifiers refuse its wrong solutions. */
const scriptOf = (seed: number): Script => {
  const sound = soundScript(seed);
  const pose = typeof sound.generator === "function" ? sound.generator : () => "";
  return {
    generator: (call) => {
      const { text = "" } = pose(call) as ScriptedAnswer;
      return { text: [...text].map((question, index) => (index % 3 === 2 ? "zzz" : question)) };
    },
  };
};

const playedUntil = async (closer: Closer) => {
  const sizes = {
    rounds: 5,
    questionsPerRound: 3,
    bufferThreshold: 8,
    anchorEvery: 2,
    trainingSlots: 2,
    seed: 4,
  };
  const config = societyConfig(sizes, {}, closer);
  const scripts = { ant: scriptOf(1), bee: scriptOf(2), cat: { ...scriptOf(3), ...alwaysNine } };
  await playRecorded(config, { scripts });
  const chronicle = await chronicleOf(config, closer);
  return { config, chronicle, pictures: new Pictures(chronicle) };
};

/** One finished run that all tests read. */
const closer = afterTests();
let run: Awaited<ReturnType<typeof playedUntil>>;
beforeAll(async () => {
  run = await playedUntil(closer);
}, 60_000);

const all = { offset: 0, limit: 500 };

const everything = (picture: Picture) => ({
  questions: picture.questions.list(all),
  growth: picture.growth.view(),
  training: picture.training.view(),
  history: picture.history.view(),
  agents: picture.agents.view({ at: picture.at, states: picture.states.view(), isOver: true }),
  revisions: picture.revisions(),
  outcome: picture.outcome,
});

describe("the views of a finished run", () => {
  test("list every question once and find questions by each filter", async () => {
    const { config, pictures } = run;
    const { questions } = pictures.newest();
    const rows = query(config, "SELECT * FROM questions ORDER BY position DESC");
    const { total, lines } = questions.list(all);
    expect(total).toBe(rows.length);
    expect(lines.map(({ question, round, author, text }) => [question, round, author, text])).toEqual(
      rows.map(({ question, round, author, text }) => [question, round, author, text]),
    );
    const voids = rows.filter(({ outcome }) => outcome === "void");
    expect(questions.list({ ...all, outcome: "void" }).total).toBe(voids.length);
    expect(voids.length).toBeGreaterThan(0);
    const disputed = questions.list({ ...all, outcome: "disputed" }).lines;
    expect(disputed.length).toBeGreaterThan(0);
    for (const line of disputed) expect(line.verified).toBeLessThan(line.solutions);
    const outcomes = ["settled", "disputed", "void"] as const;
    const sums = outcomes.map((outcome) => questions.list({ ...all, outcome }).total);
    expect(sums.reduce((sum, count) => sum + count, 0)).toBe(total);
    for (const line of questions.list({ ...all, author: "ant" }).lines) expect(line.author).toBe("ant");
    const some = lines[3];
    expect(questions.list({ ...all, text: some?.text.toUpperCase() }).lines).toContainEqual(some);
    expect(questions.list({ ...all, text: some?.question }).lines).toContainEqual(some);
    const difficulties = lines.map(({ difficulty }) => difficulty);
    expect(Math.min(...difficulties)).toBeGreaterThan(2);
    expect(questions.list({ ...all, from: 3, to: 3 }).total).toBe(
      difficulties.filter((one) => one === 3).length,
    );
    expect(questions.list({ ...all, from: 99 }).total).toBe(0);
    const refused = query(
      config,
      `SELECT DISTINCT verdicts.question AS question FROM verdicts JOIN solutions USING (solution_id)
        WHERE verdict = 'refuse' AND verifier = 'ant' AND author = 'cat'`,
    );
    expect(refused.length).toBeGreaterThan(0);
    expect(
      questions
        .list({ ...all, verifier: "ant", solver: "cat" })
        .lines.map(({ question }) => question)
        .toSorted(),
    ).toEqual(refused.map(({ question }) => question).toSorted());
    expect(questions.list({ offset: 2, limit: 2 })).toEqual({ total, lines: lines.slice(2, 4) });
  });

  test("show one question's transcript and the correctness of its solutions", async () => {
    const { chronicle, pictures } = run;
    const { questions, provenance } = pictures.newest();
    const promptOf = (author: string, question: string, examples: string) => ({
      user: [author, examples, question].join("|"),
    });
    const sources = {
      ...{ judge, difficultyOf: (round: number) => questions.difficultyOf(round), provenance, promptOf },
      settings: run.config,
    };
    for (const line of questions.list(all).lines) {
      const record = chronicle.find(line.question);
      if (record === undefined) throw new Error(`${line.question} is not in the journal`);
      const view = questionView(record, sources);
      expect(view.line).toEqual(line);
      if (record.type === "question.voided") {
        expect(view).toMatchObject({ reason: record.reason, right: {}, admissions: [], seconds: 0 });
        continue;
      }
      if (record.type !== "question.settled") throw new Error("nobody asks this run anything");
      expect(view.dossier).toEqual(record.dossier);
      expect(view.truth).toMatch(/^\d$/);
      for (const { solutionId, author, answer } of record.dossier.solutions) {
        expect(view.right[solutionId]).toBe(answer === view.truth);
        if (author !== "cat") expect(view.right[solutionId]).toBe(true);
      }
      for (const { solutionId, author, examples } of record.dossier.solutions) {
        const admitted = record.admissions.find((one) => one.solutionId === solutionId)?.admitted ?? false;
        const origin = view.origins[solutionId];
        expect(origin?.prompt?.user).toBe([author, examples, line.text].join("|"));
        expect(origin !== undefined && "keepsExamples" in origin).toBe(admitted);
        if (!admitted) expect(origin?.trained).toEqual([]);
        for (const { job } of origin?.trained ?? []) {
          const { samples = [] } = provenance.samplesOf(job) ?? {};
          expect(samples).toContainEqual(
            expect.objectContaining({ solution: solutionId, question: line.question }),
          );
        }
      }
      expect(view.adapter).toBe(record.dossier.adapter);
      expect(view.seconds).toBe((record.at - record.dossier.openedAt) / 1000);
    }
    expect(chronicle.find("q99")).toBeUndefined();
  });

  test("give the same rounds as the journal", async () => {
    const { config, pictures } = run;
    const growth = pictures.newest().growth.view();
    const rows = query(config, "SELECT * FROM rounds WHERE closed_at IS NOT NULL ORDER BY position");
    const picked = growth.rounds.map(({ round, settled, voided, admitted, passRate, target, surprise }) => ({
      ...{ round, settled, voided, admitted, passRate, target, surprise },
    }));
    expect(picked).toEqual(
      rows.map(({ round, settled, voided, admitted, pass_rate, target, surprise }) => ({
        ...{ round, settled, voided, admitted, passRate: pass_rate, target, surprise },
      })),
    );
    for (const point of growth.rounds) {
      const solutions = query(
        config,
        `SELECT author, verified, text FROM solutions WHERE round = ${point.round} ORDER BY position`,
      );
      const mean = (values: number[]) =>
        values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
      expect(point.responseLength).toBeCloseTo(mean(solutions.map(({ text }) => String(text).length)));
      for (const [author, accuracy] of Object.entries(point.accuracy)) {
        const own = solutions.filter((solution) => solution.author === author);
        expect(accuracy).toBeCloseTo(mean(own.map(({ verified }) => Number(verified))));
      }
      if (solutions.length === 0) expect(point).not.toHaveProperty("raw");
      else expect(point.raw).toBeGreaterThan(0.6);
      if (solutions.some(({ verified }) => verified)) expect(point.precision).toBe(1);
    }
    expect(growth.models).toEqual(["ant", "bee", "cat"]);
    const rated = new Set(query(config, "SELECT DISTINCT round FROM solutions").map(({ round }) => round));
    expect(growth.ratings.map(({ round }) => round)).toEqual([...rated]);
    const last = query(config, "SELECT agent, mu, sigma FROM ratings ORDER BY position DESC LIMIT 3");
    expect(growth.ratings.at(-1)?.ratings).toEqual(
      Object.fromEntries(last.map(({ agent, mu, sigma }) => [agent, { mu, sigma }])),
    );
  });

  test("give the same verdicts, tokens and anchors as the journal", async () => {
    const { config, pictures } = run;
    const growth = pictures.newest().growth.view();
    const verdicts = query(
      config,
      `SELECT verdicts.verifier, solutions.author, count(*) FILTER (WHERE verdict = 'accept') AS accepted,
        count(*) FILTER (WHERE verdict = 'refuse') AS refused FROM verdicts JOIN solutions USING (solution_id)
        GROUP BY 1, 2 ORDER BY 1, 2`,
    );
    const cells = growth.verdicts.toSorted((left, right) =>
      `${left.verifier}/${left.author}`.localeCompare(`${right.verifier}/${right.author}`),
    );
    expect(
      cells.map(({ verifier, author, accepted, refused }) => ({ verifier, author, accepted, refused })),
    ).toEqual(verdicts.map((row) => ({ ...row })));
    for (const { verifier, author, falseAccepts, falseRefusals, refused } of cells) {
      if (verifier !== "cat") expect(falseAccepts).toBe(0);
      expect(falseRefusals).toBe(0);
      if (author === "cat" && verifier !== "cat") expect(refused).toBeGreaterThan(0);
    }
    const tokens = query(
      config,
      `SELECT model, role, sum(calls) AS calls, sum(prompt_tokens) AS promptTokens,
        sum(cached_tokens) AS cachedTokens, sum(completion_tokens) AS completionTokens FROM calls GROUP BY 1, 2 ORDER BY 1, 2`,
    );
    const costs = growth.tokens
      .map(({ seconds: _, ...cost }) => cost)
      .toSorted((left, right) => `${left.model}/${left.role}`.localeCompare(`${right.model}/${right.role}`));
    expect(costs).toEqual(tokens.map((row) => ({ ...row })));
    const anchors = query(
      config,
      "SELECT model, adapter, purpose, zero_shot_correct FROM anchors ORDER BY position",
    );
    expect(
      growth.anchors.map(({ model, adapter, purpose, zeroShot }) => [model, adapter, purpose, zeroShot]),
    ).toEqual(
      anchors.map(({ model, adapter, purpose, zero_shot_correct }) => [
        model,
        adapter,
        purpose,
        zero_shot_correct,
      ]),
    );
  });

  test("show each job from its request to its end", async () => {
    const { config, pictures } = run;
    const { slots, buffer, jobs } = pictures.newest().training.view();
    const rows = query(config, "SELECT * FROM jobs ORDER BY position");
    expect(rows.length).toBeGreaterThan(2);
    expect([slots, buffer.threshold]).toEqual([2, 8]);
    expect(
      jobs.map(({ job, model, version, samples, outcome }) => [job, model, version, samples, outcome]),
    ).toEqual(
      rows.map(({ job, model, version, samples, outcome }) => [job, model, version, samples, outcome]),
    );
    for (const [index, { spans, slot, losses, before, after }] of jobs.entries()) {
      const row = rows[index];
      expect([before, after]).toEqual([row?.accuracy_before, row?.accuracy_after]);
      expect(spans.map(({ state }) => state)).toEqual(["queued", "leasing", "training", "loading", "gating"]);
      expect(spans[0]?.from).toBe(row?.requested_at);
      expect(spans.at(-1)?.to).toBe(row?.ended_at);
      for (const [at, span] of spans.entries()) expect(spans[at + 1]?.from ?? span.to).toBe(span.to);
      expect([0, 1]).toContain(slot);
      expect(losses).toEqual([
        { step: 1, loss: 1 },
        { step: 2, loss: 0.9 },
      ]);
    }
    const admitted = query(config, "SELECT count(*) AS samples FROM samples")[0]?.samples;
    const generations = new Set(jobs.map(({ generation }) => generation)).size;
    expect(buffer.waiting).toBe(Number(admitted) - 8 * generations);
    const { fillings } = pictures.newest().growth.view();
    expect(fillings.map(({ generation }) => generation)).toEqual(
      Array.from({ length: generations }, (_, at) => at + 1),
    );
  });

  test("contain the elite history with its texts", async () => {
    const { config, pictures } = run;
    const { strategy, since, switches, exemplars } = pictures.newest().history.view();
    const changes = query(
      config,
      "SELECT at, body ->> 'after' AS after, body ->> 'cause' AS cause FROM records WHERE type = 'strategy.changed' ORDER BY seq DESC",
    );
    const [changed] = changes;
    expect(strategy).toBe(changed?.after ?? "explore");
    expect(switches.map(({ at }) => at)).toEqual(changes.map(({ at }) => at).toReversed());
    expect([since?.at, since?.cause]).toEqual([changed?.at, changed?.cause]);
    const journaled = readRecords(config).reduce(foldHistory, emptyHistory);
    expect(exemplars).toEqual(topExemplars(journaled, config));
    expect(exemplars).toHaveLength(3);
    expect(exemplars.some(({ quality }) => quality > 0.5)).toBe(true);
    for (const { solution, explanation, author } of exemplars) {
      expect([solution, explanation]).toEqual([expect.stringContaining("ans"), "by head"]);
      expect(author).not.toBe("cat");
    }
  });

  test("show every agent with its chart, weights and last states", async () => {
    const { pictures } = run;
    const { agents } = everything(pictures.newest());
    const named = new Map(agents.map((view) => [view.agent, view]));
    expect([...named.keys()]).toEqual(
      expect.arrayContaining([
        "anchor",
        "ant",
        "bee",
        "cat",
        "historian",
        "referee",
        "supervisor",
        "trainer",
      ]),
    );
    expect(named.get("ant")).toMatchObject({
      kind: "model",
      member: true,
      model: "ant",
      adapter: 1,
      role: "idle",
    });
    expect(named.get("ant")?.endpoint).toBe("http://127.0.0.1:9/v1");
    expect(named.get("ant")?.chart).toBe(named.get("bee")?.chart);
    expect(named.get("supervisor")).toMatchObject({ active: ["finished"], role: "finished", member: false });
  });
});

describe("a past picture", () => {
  test("is the same for any order of requested times", async () => {
    const { chronicle, pictures } = run;
    const times = chronicle.facts.map(({ at }) => at);
    const instants = [0.9, 0.2, 0.5, 0.51, 0.52, 0.1, 1].map(
      (share) => times[Math.floor(share * (times.length - 1))] ?? 0,
    );
    for (const until of instants) {
      const untilThen = {
        ...{ config: chronicle.config, startedAt: chronicle.startedAt },
        facts: chronicle.facts.filter(({ at }) => at <= until).toSorted((left, right) => left.at - right.at),
        feed: chronicle.feed.filter(({ at }) => at <= until).toSorted((left, right) => left.at - right.at),
      };
      expect(everything(pictures.at(until))).toEqual(everything(new Pictures(untilThen).newest()));
    }
    expect(pictures.at(Number.MAX_SAFE_INTEGER)).toBe(pictures.newest());
    expect(everything(pictures.at(0))).toMatchObject({
      questions: { total: 0 },
      agents: [],
      outcome: undefined,
    });
  });

  test("contains nothing later than its time", async () => {
    const { chronicle, pictures } = run;
    const [first] = pictures.newest().growth.view().rounds;
    const past = everything(pictures.at(first?.at));
    expect(past.growth.rounds).toEqual([first]);
    expect(past.outcome).toBeUndefined();
    for (const { at } of past.questions.lines) expect(at).toBeLessThanOrEqual(first?.at ?? 0);
    expect(chronicle.facts.length).toBeGreaterThan(past.questions.total);
  });
});

describe("growing views", () => {
  test("are the same when folded record by record and at once", async () => {
    const { chronicle, pictures } = run;
    const { config, startedAt } = chronicle;
    const growing = { config, startedAt, facts: [] as typeof chronicle.facts, feed: chronicle.feed };
    const other = new Pictures(growing);
    for (const fact of chronicle.facts) {
      growing.facts.push(fact);
      other.newest();
    }
    expect(everything(other.newest())).toEqual(everything(pictures.newest()));
  });

  test("contain all journal data without a feed", async () => {
    const { chronicle } = run;
    const { config, startedAt, facts } = chronicle;
    const { training, agents } = everything(new Pictures({ config, startedAt, facts, feed: [] }).newest());
    for (const { spans, outcome, losses, slot } of training.jobs) {
      expect([outcome, slot]).toEqual(["published", undefined]);
      expect(spans).toEqual([{ state: "training", from: expect.any(Number), to: expect.any(Number) }]);
      expect(losses).toEqual([]);
    }
    expect(agents.find(({ agent }) => agent === "ant")).toMatchObject({
      active: [],
      role: "idle",
      adapter: 1,
    });
  });
});
