import { expect, test } from "vitest";
import { ofType, play, societyConfig } from "../cli/host/society.fixture.ts";
import { contaminationIn } from "./contamination-audit.ts";

test("every training sample is checked, by the question it answers", async () => {
  const { records } = await play(
    societyConfig({ rounds: 3, bufferThreshold: 4, gate: false, externalAnchor: false }),
  );
  const samples = new Set(ofType(records, "training.requested").flatMap((job) => job.samples));
  expect(samples.size).toBeGreaterThan(0);
  const clean = contaminationIn(records, { contamination: () => undefined });
  expect(clean).toEqual({ checked: samples.size, contaminated: [] });
  const questions = new Set(ofType(records, "question.settled").map(({ dossier }) => dossier.text));
  const all = contaminationIn(records, {
    contamination: (question) => (questions.has(question) ? "a copy" : undefined),
  });
  expect(all.contaminated).toEqual([...samples].map((sample) => ({ sample, flaw: "a copy" })));
});
