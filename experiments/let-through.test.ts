import { expect, test } from "vitest";
import { panelOf } from "../machines/folds/panel.ts";
import { dossierOf, settledOf, solutionOf } from "../machines/machines.fixture.ts";
import { loadConfig } from "../runtime/config/config.ts";
import { emptyAudit } from "./audit.ts";
import { emptyCourse } from "./course.ts";
import { letThroughFacts, letThroughText, panelAuditIn } from "./let-through.ts";
import { reportFacts } from "./report-facts.ts";
import { reportText } from "./report-text.ts";
import { type RunResult, resultBlock } from "./result.ts";
import { factsOf } from "./result-facts.ts";
import { emptyUsage } from "./usage.ts";

const audit = { audited: 40, accepted: 20, refused: 1 };
const line =
  "Panels: of 40 audited solutions the panel alone accepts 20; of these the whole group refuses 1 (5.0%, 95% interval 0.9–23.6%).";

const configOf = (verifiers?: number) =>
  loadConfig({ env: {}, overrides: { run: "r", ...(verifiers === undefined ? {} : { verifiers }) } });

const group = ["ant", "bee", "cat", "dog"];

/** Its panel of one accepts it, the others refuse. */
const passing = (seed: number) => {
  const offered = solutionOf("ant");
  const panel = panelOf({ question: "q", group }, offered, { seed, verifiers: 1, auditShare: 1 });
  const verdicts = group.slice(1).map((verifier) => ({
    ...{ solutionId: offered.solutionId, verifier, adapter: 0, text: "" },
    verdict: panel.includes(verifier) ? ("accept" as const) : ("refuse" as const),
  }));
  return settledOf("q", [], {
    dossier: dossierOf({ group, solutions: [{ ...offered, audited: true }], verdicts }),
  });
};

test("what panels let through is a share with its interval", () => {
  expect(letThroughFacts(audit)).toMatchObject({
    ...{ audited: 40, acceptedByPanel: 20, refusedByGroup: 1, letThrough: 0.05 },
    ...{ low: expect.closeTo(0.0089, 3), high: expect.closeTo(0.2361, 3) },
  });
  expect(letThroughText(letThroughFacts(audit))).toBe(line);
});

test("nothing audited, and nothing accepted, are said as such", () => {
  const textOf = (audited: number) => letThroughText(letThroughFacts({ audited, accepted: 0, refused: 0 }));
  expect(textOf(0)).toBe("Panels: no solution was audited.");
  expect(textOf(3)).toBe("Panels: of 3 audited solutions the panel accepted none.");
});

test("it is counted over a journal, where there are panels", () => {
  const config = configOf(1);
  expect(panelAuditIn([passing(config.seed)], config)).toEqual({ audited: 1, accepted: 1, refused: 1 });
  expect(panelAuditIn([passing(config.seed)], configOf())).toBeUndefined();
});

test("a run's end and its result file show it, where there are panels", () => {
  const result: RunResult = {
    ...{ run: "r", folder: "runs/r", end: { outcome: "finished", reason: "over" }, measures: undefined },
    ...{ audit: emptyAudit, course: emptyCourse, jobs: [], usage: emptyUsage, measuring: "none" },
    ...{ updates: 0, rounds: 1, questions: 1, playSeconds: 1, seconds: 1, firstSettledSeconds: 1 },
  };
  expect(resultBlock({ ...result, panelAudit: audit }).split("\n")).toContain(line);
  expect(factsOf({ ...result, panelAudit: audit })).toMatchObject({ panels: { letThrough: 0.05 } });
  expect(resultBlock(result)).not.toContain("Panels");
  expect(factsOf(result)).not.toHaveProperty("panels");
});

test("a report shows it, whether exact answers are known or not", () => {
  const config = configOf(1);
  const facts = reportFacts([passing(config.seed)], config, undefined);
  expect(facts.panels).toMatchObject({ audited: 1, letThrough: 1 });
  const text = reportText(facts, { settings: "", command: "" });
  expect(text).toContain("the panel alone accepts 1; of these the whole group refuses 1 (100.0%");
  const plain = reportFacts([passing(config.seed)], configOf(), undefined);
  expect(reportText(plain, { settings: "", command: "" })).not.toContain("Panels");
});
