import { expect, test } from "vitest";
import { settledOf } from "../../machines/machines.fixture.ts";
import { knowsNothing } from "./judge.ts";
import { RecentFacts } from "./recent-facts.ts";

const fresh = (): RecentFacts => new RecentFacts({ judge: knowsNothing, learnChart: () => "chart" });

test("a fact is taken once, in the read that begins after it was received or in the next one", () => {
  const facts = fresh();
  facts.put(settledOf("q1", ["ant"]));
  facts.age();
  facts.put(settledOf("q2", ["ant"]));
  expect([facts.take("question:q1")?.type, facts.take("question:q1")]).toEqual([
    "question.settled",
    undefined,
  ]);
  facts.age();
  expect(facts.take("question:q2")?.type).toBe("question.settled");
});

test("what was received after its record had been read is not kept", () => {
  const facts = fresh();
  const questions = Array.from({ length: 1_000 }, (_, index) => `q${index}`);
  for (const question of questions) {
    facts.put(settledOf(question, ["ant"]));
    facts.age();
  }
  const kept = questions.filter((question) => facts.take(`question:${question}`) !== undefined);
  expect(kept).toEqual(["q999"]);
});
