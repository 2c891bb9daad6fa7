import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KnownProblems } from "./contamination.ts";
import { TaskError } from "./error.ts";
import { mathTask } from "./math.ts";
import { readProblems } from "./problem-file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-math-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (name: string, rows: readonly unknown[]): string => {
  const file = join(folder, `${name}.jsonl`);
  writeFileSync(file, rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n"));
  return file;
};
const sums = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({
    question: `What is ${from + index} + ${from + index}?`,
    answer: String(2 * (from + index)),
  }));
const switches = { externalAnchor: true, gate: true, lora: true } as const;
const nothing = { benchmarks: [], benchmarkSamples: {}, dataFolder: "nowhere", benchmarkFiles: {} };
const taskWith = (anchorFile: string, benchmarkFiles: Record<string, string> = {}) =>
  mathTask({ ...switches, ...nothing, anchorFile, benchmarkFiles });

describe("problem files", () => {
  test("are read in the formats of public data sets", async () => {
    const file = fileOf("mixed", [
      { id: "a", question: "1 + 1?", answer: "2" },
      { problem: "What is half of three?", solution: "It is \\boxed{\\frac{3}{2}}.", unique_id: "b" },
      { question: "How many?", answer: "First 3, then 4.\n#### 7" },
      "",
      { question: "A number", answer: 5 },
    ]);
    expect(await readProblems("anchorFile", file)).toEqual([
      { id: "a", question: "1 + 1?", answer: "2" },
      { id: "b", question: "What is half of three?", answer: "\\frac{3}{2}" },
      { id: "anchorFile/2", question: "How many?", answer: "7" },
      { id: "anchorFile/3", question: "A number", answer: "5" },
    ]);
  });

  const problemOf = async (file: string): Promise<string> => {
    try {
      await readProblems("benchmarkFiles.math500", file);
    } catch (error) {
      expect(error).toBeInstanceOf(TaskError);
      return (error as Error).message;
    }
    return "";
  };

  test("problem files that are missing, broken or empty are named with key, line and fix", async () => {
    const missing = await problemOf(join(folder, "none.jsonl"));
    expect(missing).toMatch(
      /^benchmarkFiles\.math500: .*none\.jsonl cannot be read; expected JSON Lines.*Fix: /,
    );
    expect(missing).toContain("experiments/configs/1b.yaml");
    expect(await problemOf(fileOf("broken", [sums(1, 2)[0], "{"]))).toMatch(
      /line 2 is not a problem; expected {"question"/,
    );
    expect(await problemOf(fileOf("unanswered", [{ question: "What?" }]))).toContain("line 1");
    expect(await problemOf(fileOf("empty", [""]))).toContain("holds no problems");
  });
});

describe("the task", () => {
  test("requires anchorFile, unless nothing is measured on it", async () => {
    const anchored = (more: Partial<typeof switches | Record<keyof typeof switches, boolean>>) =>
      mathTask({ ...nothing, ...switches, ...more }).then((task) => task.anchor(5, 1));
    const asking = /set anchorFile .*externalAnchor and gate to false/;
    await expect(anchored({})).rejects.toThrow(asking);
    await expect(anchored({ externalAnchor: false })).rejects.toThrow(asking);
    await expect(anchored({ gate: false })).rejects.toThrow(asking);
    expect(await anchored({ externalAnchor: false, gate: false })).toEqual([]);
    expect(await anchored({ externalAnchor: false, lora: false })).toEqual([]);
  });

  test("draws the same problems for the same seed, and no more than there are", async () => {
    const task = await taskWith(fileOf("pool", sums(1, 50)));
    expect(task.anchor(10, 1)).toHaveLength(10);
    expect(task.anchor(10, 1)).toEqual(task.anchor(10, 1));
    expect(task.anchor(10, 1)).not.toEqual(task.anchor(10, 2));
    expect(new Set(task.anchor(99, 1).map(({ id }) => id)).size).toBe(49);
  });

  test("keeps benchmark problems out of the anchor", async () => {
    const benchmark = fileOf("benchmark", sums(1, 20));
    const task = await taskWith(fileOf("overlapping", sums(10, 30)), { sums: benchmark });
    expect(task.benchmarks).toEqual(["sums"]);
    expect(
      task
        .anchor(99, 1)
        .map(({ question }) => question)
        .toSorted(),
    ).toEqual(sums(20, 30).map(({ question }) => question));
    expect(task.benchmark("sums", 5, 1)).toHaveLength(5);
    expect(() => task.benchmark("other", 5, 1)).toThrow(/expected one of sums/);
  });

  test("keeps the problems of anchor and benchmarks out of the training pool, which it has only with poolFile", async () => {
    const [anchor, bench] = [fileOf("pool-anchor", sums(0, 5)), fileOf("pool-bench", sums(5, 8))];
    const poolFile = fileOf("pool", sums(0, 12));
    const files = { anchorFile: anchor, benchmarkFiles: { bench } };
    const drawn = (await mathTask({ ...switches, ...nothing, ...files, poolFile })).pool?.(100, 1) ?? [];
    expect(drawn.map(({ answer }) => Number(answer) / 2).toSorted((left, right) => left - right)).toEqual([
      ...[8, 9, 10, 11],
    ]);
    expect((await taskWith(anchor, { bench })).pool).toBeUndefined();
  });

  test("keeps what copies a benchmark out of the anchor, and what copies either out of the training pool", async () => {
    const told = (who: string, last: string) =>
      `${who} walks three miles to the mill each morning, rests there for an hour, and walks home ${last}.`;
    const [benchmark, kept, fresh] = [told("Ann", "alone"), told("Bob", "by bus"), "How many days has May?"];
    const other =
      "A baker sells twelve loaves in the first hour, nine in the second and six in each of the others";
    const stored = (...questions: string[]) => questions.map((question) => ({ question, answer: "1" }));
    const anchorFile = fileOf("copying-anchor", stored(kept, `${other}. How many?`));
    const benchmarkFiles = { bench: fileOf("copied-bench", stored(benchmark)) };
    const poolFile = fileOf("copying-pool", stored(told("Eve", "late"), `${other}, they say.`, fresh));
    const task = await mathTask({ ...switches, ...nothing, anchorFile, benchmarkFiles, poolFile });
    expect(task.anchor(9, 1).map(({ question }) => question)).toEqual([`${other}. How many?`]);
    expect(task.pool?.(9, 1).map(({ question }) => question)).toEqual([fresh]);
  });

  test("refuses an anchor whose problems are all in a benchmark", async () => {
    const same = fileOf("same", sums(1, 5));
    await expect(taskWith(same, { sums: same })).rejects.toThrow(
      /all problems of anchorFile are in a benchmark/,
    );
  });

  test("does not let reserved problems be posed", async () => {
    const task = await taskWith(fileOf("reserved", sums(1, 5)), { more: fileOf("more", sums(5, 9)) });
    expect(task.contamination("what  is 3 + 3")).toBe("contaminated: a reserved problem");
    expect(task.contamination("What is 7 + 7?")).toBe("contaminated: a reserved problem");
    expect(task.contamination("What is 3 * 3?")).toBeUndefined();
  });

  test("grades by value; a missing answer is wrong", async () => {
    const task = await taskWith(fileOf("grading", sums(1, 2)));
    const problem = { id: "x", question: "half?", answer: "\\frac{1}{2}" };
    const grades = ["0.5", "\\sqrt{\\frac14}", "2", undefined].map((answer) => task.grade(problem, answer));
    expect(await Promise.all(grades)).toEqual([true, true, false, false]);
    expect(task.answer?.(problem, "So it is **0.5**.")).toBe("0.5");
    const both = { ...problem, answer: "3,-2" };
    const boxes = "The solutions are $\\boxed{3}$ and $\\boxed{-2}$.";
    expect(await task.grade(both, task.answer?.(both, boxes))).toBe(true);
    expect(task.truth("1 + 1?")).toBeUndefined();
    expect(task.topics?.length).toBeGreaterThan(10);
  });
});

describe("contamination", () => {
  const known = new KnownProblems();
  const text =
    "Janet has three hens that lay sixteen eggs per day and she eats two of them for breakfast every morning.";
  known.add([{ id: "a", question: text, answer: "14" }]);

  test("is thirteen consecutive words, whatever punctuation is between them", () => {
    const copied =
      "Tom says: three hens, that lay SIXTEEN eggs -- per day and she eats two of them, at noon.";
    expect(known.flaw(copied)).toMatch(
      /contaminated: "three hens that lay sixteen eggs per day and she eats two of" occurs/,
    );
    const twelve = "Tom has hens that lay sixteen eggs per day and she eats two of bread.";
    expect(known.flaw(twelve)).toBeUndefined();
  });

  test("is a shorter problem as a whole, if it has five words and signs", () => {
    const short = new KnownProblems();
    const questions = ["Compute $\\sin 60^\\circ$.", "What is 2 + 3?", "Compute $3!$."];
    short.add(questions.map((question) => ({ id: question, question, answer: "1" })));
    for (const copy of ["Problem: Compute $\\sin 60^\\circ$.", "Sam asks: what is 2+3?", "compute 3"])
      expect(short.flaw(copy)).toBe("contaminated: a reserved problem");
    for (const other of ["Compute $\\sin 61^\\circ$.", "Sam asks: what is 2*3?", "Compute $3!+4!$."])
      expect(short.flaw(other)).toBeUndefined();
  });
});

const data = join(import.meta.dirname, "../../../shared/data/benchmarks");
test.skipIf(!existsSync(data))(
  "public files are read completely, and their problems are reserved",
  async () => {
    const task = await mathTask({
      ...nothing,
      anchorFile: join(data, "gsm8k-train.jsonl"),
      benchmarkFiles: { gsm8k: join(data, "gsm8k-test.jsonl"), math500: join(data, "math500.jsonl") },
      ...switches,
    });
    expect(task.anchor(99_999, 1).length).toBeGreaterThan(7000);
    expect(task.benchmark("math500", 999, 1)).toHaveLength(500);
    for (const problem of task.benchmark("gsm8k", 50, 2)) {
      expect(task.contamination(`  ${problem.question.toUpperCase()}`)).toContain("contaminated");
      expect(await task.grade(problem, problem.answer)).toBe(true);
    }
  },
);

test.skipIf(!existsSync(data))(
  "near-copies of MATH-500 in MATH's training problems are no anchor",
  async () => {
    const [anchorFile, math500] = [join(data, "math-train.jsonl"), join(data, "math500.jsonl")];
    const task = await mathTask({ ...nothing, ...switches, anchorFile, benchmarkFiles: { math500 } });
    const reserved = new KnownProblems();
    reserved.add(task.benchmark("math500", 999, 1));
    const anchor = task.anchor(99_999, 1);
    expect(anchor.flatMap(({ question }) => reserved.flaw(question) ?? [])).toEqual([]);
    expect((await readProblems("anchorFile", anchorFile)).length - anchor.length).toBeGreaterThan(100);
    expect(anchor.length).toBeGreaterThan(7200);
  },
);
