/** The paper's configurations measure its four benchmarks, on rows of public files and against scripted endpoints. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { standardParts } from "../../cli/host/parts.ts";
import { playRun, readRecords } from "../../cli/host/play.ts";
import { dataIn, promptOf, startSumsServer } from "../../cli/host/sums-server.fixture.ts";
import { loadConfig } from "../../runtime/config/config.ts";
import type { FixtureReply, FixtureRequest } from "../../runtime/model/model-server.fixture.ts";
import { reportFacts } from "../report-facts.ts";
import { reportText } from "../report-text.ts";

const shared = join(import.meta.dirname, "../../../shared/data/benchmarks");

/** Problems of each benchmark: the models solve the first half of them. */
const rows = 2;

interface Row {
  readonly question: string;
  readonly answer: string;
}

const rowsOf = (file: string): Row[] =>
  readFileSync(join(shared, file), "utf8")
    .split("\n")
    .slice(0, rows)
    .map((line): Row => JSON.parse(line));

/** In GPQA's form; its own problems must not be shown. */
const choices = Array.from({ length: rows }, (_, index) => [
  `Which zorbium is number ${index}?`,
  ...["right", "wrong", "false", "bad"].map((word) => `${word} zorbium ${index}`),
]);

const gpqaCsv = [
  "Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3",
  ...choices.map((fields) => fields.join(",")),
].join("\n");

const writeData = (folder: string): ReadonlyMap<string, readonly Row[]> => {
  const sets = new Map([
    ["math500", rowsOf("math500.jsonl")],
    ["gsm8k", rowsOf("gsm8k-test.jsonl")],
    ["aime24", rowsOf("aime24.jsonl")],
  ]);
  mkdirSync(folder);
  for (const [name, problems] of sets)
    writeFileSync(join(folder, `${name}.jsonl`), problems.map((row) => JSON.stringify(row)).join("\n"));
  writeFileSync(join(folder, "gpqa-diamond.csv"), gpqaCsv);
  writeFileSync(join(folder, "anchor.jsonl"), '{"question": "What is 1 + 1?", "answer": "2"}');
  return sets;
};

/** Each benchmark is answered in the form that its problems usually get. */
const solverOf =
  (sets: ReadonlyMap<string, readonly Row[]>, onSolved: (model: string, set: string) => void) =>
  (request: FixtureRequest): FixtureReply | undefined => {
    const question = dataIn(promptOf(request), "question");
    const chosen = /^Which zorbium is number (\d)/.exec(question)?.[1];
    if (chosen !== undefined) {
      const word = Number(chosen) < rows / 2 ? "right" : "wrong";
      const letter = new RegExp(`\\((.)\\) ${word} `).exec(question)?.[1];
      return `I compare the zorbiums.\nThe answer is (${letter}).`;
    }
    for (const [name, problems] of sets) {
      const index = problems.findIndex((row) => row.question.trim() === question.trim());
      const answer = problems[index]?.answer;
      if (answer === undefined) continue;
      const isRight = name === "aime24" ? Number(request.seed) % 4 === 0 : index < rows / 2;
      const cutOff = { text: `Perhaps \\boxed{${answer}}, but`, finish: "length" } as const;
      if (name === "gsm8k" && index === rows - 1) return cutOff;
      if (!isRight) return "I do not see how, but it may be \\boxed{-77}.";
      onSolved(request.model, name);
      if (name === "gsm8k") return `We count.\n\nSo she has $${answer} in the end.`;
      return `It follows that it is $\\boxed{${name === "aime24" ? answer.padStart(3, "0") : answer}}$.`;
    }
    return undefined;
  };

describe.skipIf(!existsSync(shared))("on rows of shared/data/benchmarks", () => {
  test.each(["1b.yaml", "4b.yaml", "mixed.yaml"])(
    "%s measures MATH500, GSM8K, GPQA Diamond and AIME24, and shows no confidential text",
    async (file) => {
      const folder = mkdtempSync(join(tmpdir(), "agora-benchmarks-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const dataFolder = join(folder, "data");
      const solved: string[] = [];
      const solver = solverOf(writeData(dataFolder), (model, set) => void solved.push(`${model} ${set}`));
      const loaded = loadConfig({
        ...{ file: join(import.meta.dirname, file), env: {}, checkpoints: [] },
        overrides: {
          ...{ run: "test", runsFolder: join(folder, "runs"), dataFolder, rounds: 1, questionsPerRound: 1 },
          ...{ anchorFile: join(dataFolder, "anchor.jsonl"), lora: false, externalAnchor: false },
        },
      });
      const models = [];
      for (const [index, model] of loaded.models.entries()) {
        const instead = (request: FixtureRequest, role: string) =>
          role === "solver" ? solver(request) : undefined;
        const refusesSystem = model.systemRole === false;
        const server = await startSumsServer({
          seed: 1000 * index,
          model: model.model,
          instead,
          refusesSystem,
        });
        onTestFinished(() => server.stop());
        models.push({ ...model, endpoint: server.endpoint });
      }
      const config = { ...loaded, models };
      const parts = await standardParts(config);
      const result = await playRun({ config, parts, problems: 4 * rows });
      expect([result.end.outcome, result.measuring]).toEqual(["finished", "done"]);

      const { measures } = result;
      expect(measures?.unmeasured).toEqual({});
      const halves = Object.fromEntries(models.map(({ name }) => [name, 0.5]));
      expect(measures?.curve[0]?.scores).toEqual(halves);
      expect(measures?.others.gsm8k?.before).toEqual(halves);
      expect(measures?.others["gpqa-diamond"]?.before).toEqual(halves);
      for (const { name, model } of models) {
        const right = solved.filter((each) => each === `${model} aime24`).length;
        expect(right).toBeGreaterThan(10 * rows);
        expect(measures?.others.aime24?.before[name]).toBeCloseTo(right / (64 * rows), 10);
      }

      const records = readRecords(result.folder);
      const aime = records.filter((record) => record.type === "measure.taken" && record.set === "aime24");
      expect(aime).toHaveLength(models.length);
      for (const reading of aime) {
        if (reading.type !== "measure.taken") continue;
        expect(reading.answers).toHaveLength(64 * rows);
        expect(reading.answers.at(-1)?.sample).toBe(63);
      }

      const answered = records.flatMap((record) => (record.type === "measure.taken" ? record.answers : []));
      const letters = answered.filter(({ problem }) => problem.startsWith("gpqa-diamond"));
      expect(letters).toHaveLength(models.length * rows);
      expect(letters.every(({ answer }) => /^[A-D]$/.test(answer ?? ""))).toBe(true);

      const facts = reportFacts(records, config, parts.task);
      const report = reportText(facts, { settings: "", command: "" });
      for (const { name } of models) {
        expect(report).toMatch(new RegExp(`\\| aime24 \\| ${name} \\| ${rows} × 64 \\| \\d+\\.\\d % \\(`));
        expect(report).toMatch(new RegExp(`- aime24, ${name}: pass@4 .*pass@64 100\\.0 % → 100\\.0 %`));
        expect(report).toContain(`- gsm8k, ${name}: before 1 cut off of ${rows}; after 1 cut off of ${rows}`);
      }
      const written = [
        JSON.stringify(records),
        report,
        readFileSync(join(result.folder, "result.json"), "utf8"),
      ];
      for (const text of written) expect(text).not.toMatch(/zorbium/i);
    },
    120_000,
  );
});
