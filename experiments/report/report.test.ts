/** The parts of a report: ranks and cells, scales and bands, contamination, CSV and Parquet. */
import { parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { dossierOf, said, settledOf, solutionOf } from "../../machines/machines.fixture.ts";
import type { Message } from "../../runtime/messages.ts";
import type { Problem, Task } from "../../runtime/task.ts";
import { auditedRounds } from "./audit-rounds.ts";
import { contaminationIn } from "./contamination-facts.ts";
import { bandOf, resampled } from "./figures/bands.ts";
import { scaleOf, tickText } from "./figures/scale.ts";
import { element, escaped, label } from "./figures/svg.ts";
import { csvOf, type DataTable, parquetOf } from "./report-data.ts";
import { roundsIn } from "./rounds.ts";
import { amountText, percentText, ranksOf } from "./table.ts";

describe("a table", () => {
  test("marks the best and the second best of a column; equal ones share a rank", () => {
    expect(ranksOf([0.4, 0.7, undefined, 0.6])).toEqual([undefined, "best", undefined, "second"]);
    expect(ranksOf([0.7, 0.7, 0.6])).toEqual(["best", "best", "second"]);
    expect(ranksOf([0.7])).toEqual([undefined]);
    expect(ranksOf([0.7, 0.7])).toEqual([undefined, undefined]);
    expect(ranksOf([0.7, undefined])).toEqual([undefined, undefined]);
  });

  test("writes mean and standard deviation, without ± for one run", () => {
    expect(percentText({ mean: 0.4821, sd: 0.0132, count: 3 })).toBe("48.2 ± 1.3");
    expect(percentText({ mean: 0.5, sd: undefined, count: 1 })).toBe("50.0");
    expect(percentText(undefined)).toBe("–");
    expect(amountText({ mean: 12_340, sd: 400, count: 2 })).toBe("12.3k ± 0.4k");
  });
});

describe("a figure", () => {
  test("has round ticks that cover its values", () => {
    const scale = scaleOf([0.13, 0.87]);
    expect(scale.ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect([scale.share(0), scale.share(1)]).toEqual([0, 1]);
    expect(scaleOf([0, 2], 1).ticks).toEqual([0, 1, 2]);
    expect(scaleOf([5]).high).toBeGreaterThan(5);
    expect([tickText(12_000), tickText(1.5e6), tickText(0.1 + 0.2)]).toEqual(["12k", "1.5M", "0.3"]);
  });

  test("has bands of one standard deviation, as far as all curves go", () => {
    const short = [
      { x: 0, y: 1 },
      { x: 1, y: 3 },
    ];
    const long = [
      { x: 0, y: 3 },
      { x: 1, y: 3 },
      { x: 2, y: 9 },
    ];
    expect(bandOf([short, long])).toEqual([
      { x: 0, y: 2, low: 2 - Math.SQRT2, high: 2 + Math.SQRT2 },
      { x: 1, y: 3, low: 3, high: 3 },
    ]);
    expect(bandOf([short])).toEqual(short);
    expect(resampled([short, long], 2)).toEqual([
      [
        { x: 0, y: 1 },
        { x: 0.5, y: 2 },
        { x: 1, y: 3 },
      ],
      [
        { x: 0, y: 3 },
        { x: 0.5, y: 3 },
        { x: 1, y: 3 },
      ],
    ]);
  });

  test("escapes every text", () => {
    expect(label('</text><script a="b">', 1, 2)).toBe(
      '<text x="1" y="2">&lt;/text&gt;&lt;script a=&quot;b&quot;&gt;</text>',
    );
    expect(element("g", { id: `"'<>` })).toBe('<g id="&quot;&#39;&lt;&gt;"/>');
    expect(escaped("a\u0000\u001b[2Jb")).toBe("a  [2Jb");
  });
});

test("rounds know what had been spent and found by their end", () => {
  const metered = said("call.metered", {
    ...{ model: "ant", role: "solver", calls: 1, promptTokens: 40, completionTokens: 10, seconds: 1 },
    outcome: "done",
  });
  const closed = (round: number, admitted: number) =>
    said("round.closed", {
      ...{ round, settled: 1, voided: 0, solutions: 3, verified: 2, admitted, passRate: 0.5, target: 0.4 },
      ...{ difficulty: 2, nextDifficulty: 2, surprise: 0, strategy: "explore" },
    });
  const rounds = roundsIn([metered, closed(0, 2), metered, metered, closed(1, 1)]);
  expect(rounds.map(({ tokens, samples }) => [tokens, samples])).toEqual([
    [50, 2],
    [150, 3],
  ]);
});

test("the vote is held against the answers that are known, from the first round on", () => {
  const settled = (round: number, verified: readonly string[]): Message =>
    settledOf(`q${round}`, [], {
      dossier: dossierOf({
        round,
        solutions: [
          solutionOf("ant"),
          solutionOf("bee", { answer: "5" }),
          solutionOf("cat", { answer: "6" }),
        ],
        verified: [...verified],
      }),
    });
  const task = {
    truth: () => "4",
    grade: ({ answer }: Problem, given: string | undefined) => answer === given,
  } as unknown as Task;
  expect(auditedRounds([settled(1, ["q/ant"]), settled(0, ["q/ant", "q/bee"])], task)).toEqual([
    { round: 0, wrong: 2, acceptedWrong: 1 },
    { round: 1, wrong: 4, acceptedWrong: 1 },
  ]);
  expect(auditedRounds([settled(0, [])], undefined)).toEqual([]);
});

test("contamination counts void questions by reason, and checks those that settled", () => {
  const voided = (reason: string) =>
    said("question.voided", { question: "v", round: 0, author: "ant", adapter: 0, text: "", reason });
  const records = [
    ...[voided("contaminated: a reserved problem"), voided("contaminated: copied"), voided("duplicate")],
    ...[voided("nobody offered a solution (ant: tired)"), settledOf("q", ["ant"]), settledOf("r", ["ant"])],
  ];
  const contamination = (question: string) => (question === "about r" ? "contaminated" : undefined);
  const found = contaminationIn(records, { contamination } as Parameters<typeof contaminationIn>[1]);
  expect(found).toEqual({
    ...{ posed: 6, voided: 4, contaminated: 2, leaked: 1 },
    reasons: { contaminated: 2, duplicate: 1, "nobody offered a solution": 1 },
  });
  expect(contaminationIn(records, undefined).leaked).toBeUndefined();
});

describe("data", () => {
  const table: DataTable = {
    name: "trial",
    rows: [
      { run: 'a,"b"', seed: 1, share: 0.25 },
      { run: "c", seed: 2, share: undefined },
    ],
  };

  test("is CSV with quoted cells", () => {
    expect(csvOf(table)).toBe('run,seed,share\r\n"a,""b""",1,0.25\r\nc,2,\r\n');
  });

  test("is Parquet that reads back", async () => {
    const bytes = await parquetOf(table);
    const rows = await parquetReadObjects({ file: bytes.slice().buffer as ArrayBuffer });
    expect(rows).toEqual([
      { run: 'a,"b"', seed: 1, share: 0.25 },
      { run: "c", seed: 2, share: null },
    ]);
  });
});
