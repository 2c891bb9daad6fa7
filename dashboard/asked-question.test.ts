/** What a person has asked, on the page of a run that plays. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { societyConfig } from "../cli/host/society.fixture.ts";
import { dossierOf, said, settledOf } from "../machines/machines.fixture.ts";
import { Journal } from "../runtime/journal/journal.ts";
import { judge } from "./page.fixture.ts";
import { PageRun } from "./page-run.ts";

test("a question is shown with who asked it as soon as its answer is recorded", async () => {
  const parent = mkdtempSync(join(tmpdir(), "agora-asked-"));
  const folder = join(parent, "test");
  const journal = Journal.create(folder, JSON.stringify(societyConfig({})));
  journal.append([{ ...settledOf("q", ["ant"]), at: 1 }]);
  const page = new PageRun({ folder, judge, house: { residents: () => [], watch: () => () => {} } });
  onTestFinished(async () => {
    await page.close();
    journal.close();
    rmSync(parent, { recursive: true, force: true });
  });
  await page.run();
  const asked = { question: "mine", round: 0, text: "1+1", seconds: 9, act: "a", operator: "ada" };
  journal.append([
    { ...said("operator.asked", asked), at: 2 },
    { ...said("question.answered", { dossier: dossierOf({ question: "mine", author: "operator" }) }), at: 3 },
  ]);
  expect(await page.question("mine", undefined)).toMatchObject({ askedBy: "ada" });
});
