/** An ordinary society of one: it plays, and nothing that needs a peer happens. */
import { expect, test } from "vitest";
import { ofType, play, societyConfig } from "./society.fixture.ts";

const models = [{ name: "ant", model: "ant", endpoint: "http://127.0.0.1:9/v1" }];

test("a group of one verifies nothing, trains nothing, and says why", async () => {
  const { end, records } = await play(societyConfig({ models, bufferThreshold: 1 }));
  expect(end).toEqual({ outcome: "finished", reason: "2 rounds played" });
  const settled = ofType(records, "question.settled");
  expect(settled).toHaveLength(4);
  for (const { dossier, admissions } of settled) {
    expect([dossier.solutions.length, dossier.verdicts, dossier.verified]).toEqual([1, [], []]);
    expect(admissions.map(({ admitted }) => admitted)).toEqual([false]);
  }
  expect(ofType(records, "training.requested")).toEqual([]);
  expect(ofType(records, "agent.failed").map(({ where }) => where)).toEqual(["a group of one"]);
});
