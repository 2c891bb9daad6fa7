import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sealed, settled } from "../messages.fixture.ts";
import { Journal } from "./journal.ts";

let folder: string;
let database: DatabaseSync;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-views-"));
  const journal = Journal.create(folder);
  const job = (name: string, model: string, version: number) =>
    sealed(
      {
        type: "training.requested",
        job: name,
        model,
        generation: 1,
        previous: 0,
        version,
        samples: ["q1.ada"],
      },
      "trainer",
    );
  const measured = { correct: 30, total: 40 };
  journal.append([
    sealed({
      type: "round.opened",
      round: 1,
      attempt: 0,
      generator: "bob",
      difficulty: 1.5,
      count: 2,
      strategy: "explore",
    }),
    settled("q1"),
    sealed({
      type: "question.voided",
      question: "q2",
      round: 1,
      author: "bob",
      adapter: 2,
      text: "1",
      reason: "malformed",
    }),
    sealed({
      ...{
        type: "round.closed",
        round: 1,
        settled: 1,
        voided: 1,
        solutions: 4,
        verified: 2,
        admitted: 1,
        passRate: 0.5,
      },
      ...{ target: 0.55, difficulty: 1.5, nextDifficulty: 1.4975, surprise: 0, strategy: "explore" },
    }),
    job("j1", "ada", 2),
    job("j2", "bob", 3),
    job("j3", "cyd", 1),
    sealed({
      type: "adapter.published",
      job: "j1",
      model: "ada",
      version: 2,
      folder: "a/2",
      before: 0.5,
      after: 0.75,
      loss: 0.2,
    }),
    sealed({
      type: "adapter.rejected",
      job: "j2",
      model: "bob",
      version: 3,
      before: 0.75,
      after: 0.5,
      cause: "worse",
    }),
    sealed({ type: "adapter.withdrawn", model: "ada", version: 2, restored: 1, cause: "anchor fell" }),
    sealed({
      ...{ type: "anchor.measured", request: "a1", round: 1, model: "ada", adapter: 2, purpose: "anchor" },
      ...{ zeroShot: measured, eliteShot: { correct: 35, total: 40 } },
    }),
    sealed({
      ...{
        type: "call.metered",
        model: "ada",
        role: "solver",
        calls: 2,
        promptTokens: 10,
        completionTokens: 20,
      },
      ...{ seconds: 0.5, outcome: "done" },
    }),
  ]);
  journal.close();
  database = new DatabaseSync(join(folder, "run.db"), { readOnly: true });
});
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The selected columns of each row, as arrays. */
const rows = (query: string): unknown[][] =>
  database
    .prepare(query)
    .all()
    .map((row) => Object.values(row));

test("questions: one row per settled or void question", () => {
  expect(
    rows(
      "SELECT question, round, author, adapter, outcome, reason, solutions, withheld, verified, winner, explanation, opened_at, closed_at FROM questions",
    ),
  ).toEqual([
    ["q1", 1, "bob", 2, "settled", null, 3, 1, 2, "q1.ada", "left to right", 500, 1000],
    ["q2", 1, "bob", 2, "void", "malformed", 0, 0, 0, null, null, 1000, 1000],
  ]);
});

test("solutions: author, adapter version and outcome", () => {
  expect(
    rows("SELECT solution_id, author, adapter, answer, verified, winner, admitted, exemplars FROM solutions"),
  ).toEqual([
    ["q1.ada", "ada", 1, "4", 1, 1, 1, "[]"],
    ["q1.bob", "bob", 2, "4", 1, 0, 0, '["q0"]'],
    ["q1.cyd", "cyd", 0, "5", 0, 0, 0, "[]"],
  ]);
});

test("verdicts, votes, duels and ratings", () => {
  expect(
    rows("SELECT solution_id, count(*), group_concat(DISTINCT verdict) FROM verdicts GROUP BY solution_id"),
  ).toEqual([
    ["q1.ada", 2, "accept"],
    ["q1.bob", 2, "accept"],
    ["q1.cyd", 2, "refuse"],
  ]);
  expect(rows("SELECT voter, choice, shown_first FROM votes WHERE pair = 'p1'")).toEqual([
    ["ada", "q1.ada", "q1.ada"],
    ["bob", "q1.bob", "q1.ada"],
    ["cyd", "q1.ada", "q1.ada"],
    ["dan", "q1.ada", "q1.ada"],
  ]);
  expect(rows("SELECT first, second, outcome FROM duels")).toEqual([["q1.ada", "q1.bob", "first"]]);
  expect(rows("SELECT agent, mu, sigma FROM ratings WHERE question = 'q1'")).toEqual([
    ["ada", 27, 7],
    ["bob", 24, 7],
    ["cyd", 25, 8],
    ["dan", 25, 8],
  ]);
});

test("samples: only admitted solutions", () => {
  expect(rows("SELECT question, solution_id, author, text, answer FROM samples")).toEqual([
    ["q1", "q1.ada", "ada", "7,14 → 4", "4"],
  ]);
});

test("jobs: published, rejected and running", () => {
  expect(
    rows(
      "SELECT job, model, version, samples, outcome, accuracy_before, accuracy_after, loss, cause, withdrawn FROM jobs",
    ),
  ).toEqual([
    ["j1", "ada", 2, 1, "published", 0.5, 0.75, 0.2, null, 1],
    ["j2", "bob", 3, 1, "rejected", 0.75, 0.5, null, "worse", 0],
    ["j3", "cyd", 1, 1, "open", null, null, null, null, 0],
  ]);
});

test("rounds, anchors and calls", () => {
  expect(
    rows("SELECT round, attempt, generator, asked, settled, pass_rate, target, next_difficulty FROM rounds"),
  ).toEqual([[1, 0, "bob", 2, 1, 0.5, 0.55, 1.4975]]);
  expect(
    rows(
      "SELECT model, adapter, purpose, zero_shot_correct, zero_shot_total, elite_shot_correct FROM anchors",
    ),
  ).toEqual([["ada", 2, "anchor", 30, 40, 35]]);
  expect(
    rows("SELECT sender, model, role, calls, prompt_tokens, completion_tokens, seconds, outcome FROM calls"),
  ).toEqual([["tester", "ada", "solver", 2, 10, 20, 0.5, "done"]]);
});
