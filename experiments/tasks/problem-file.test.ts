/** Parquet, CSV and choices; JSON Lines and faults of files are in math.test.ts. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KnownProblems } from "./contamination.ts";
import { readCsv } from "./csv.ts";
import { mathTask } from "./math.ts";
import { posed, readProblems } from "./problem-file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agora-problems-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (name: string, content: string | Uint8Array): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};

const gpqa = [
  "Record ID,Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3",
  'r1,"Which, of ""these"",\nis right?",yes,no,never,rarely',
  "r2,What is it?,one,two,three,four",
].join("\r\n");

describe("Parquet", () => {
  test("is read as JSON Lines are", async () => {
    const columnData = [
      { name: "id", data: [60n, 61n], type: "INT64" as const },
      { name: "problem", data: ["Find $m$.", "Find $n$."], type: "STRING" as const },
      { name: "answer", data: ["023", "204"], type: "STRING" as const },
    ];
    const file = fileOf("aime24.parquet", new Uint8Array(parquetWriteBuffer({ columnData })));
    expect(await readProblems("aime24", file)).toEqual([
      { id: "60", question: "Find $m$.", answer: "023" },
      { id: "61", question: "Find $n$.", answer: "204" },
    ]);
  });

  test("that is broken is named", async () => {
    await expect(readProblems("aime24", fileOf("broken.parquet", "PAR1"))).rejects.toThrow(
      /^aime24: .*broken\.parquet is no Parquet file/,
    );
  });
});

describe("CSV", () => {
  test("keeps commas, line ends and quotes of quoted fields", () => {
    const field = fc.string({ maxLength: 20 }).map((text) => text.replaceAll("\r", ""));
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 5 }), (rows) => {
        const kept = rows.filter((row) => row.some((each) => each !== ""));
        const text = ["one,two", ...kept.map((row) => row.map(quoted).join(","))].join("\r\n");
        expect(readCsv(text)).toEqual(kept.map(([one, two]) => ({ one, two })));
      }),
    );
  });

  test("names a row that is no problem", async () => {
    const file = fileOf("lacking.csv", "Question,Correct Answer\nWhat?,this");
    await expect(readProblems("gpqa-diamond", file)).rejects.toThrow(/lacking\.csv, row 1 is not a problem/);
  });
});

test("two problems with one id are refused: their answers could not be told apart", async () => {
  const rows = ["one", "two", "one"].map((id) => JSON.stringify({ id, question: "1+1", answer: "2" }));
  const file = fileOf("copied.jsonl", rows.join("\n"));
  await expect(readProblems("math500", file)).rejects.toThrow(
    /copied\.jsonl has two problems with the id one/,
  );
});

describe("choices", () => {
  test("are shuffled by the seed, and the answer is the letter of the right one", async () => {
    const problems = await readProblems("gpqa-diamond", fileOf("gpqa.csv", gpqa));
    expect(problems[0]?.question).toBe('Which, of "these",\nis right?');
    const letters = Array.from({ length: 40 }, (_, seed) => {
      const [problem] = problems.map((each) => posed(each, seed));
      const line = problem?.question.split("\n").find((each) => each.endsWith(") yes"));
      expect(line).toBe(`(${problem?.answer}) yes`);
      return problem?.answer;
    });
    expect(new Set(letters)).toEqual(new Set(["A", "B", "C", "D"]));
    const [first] = problems;
    expect(first && posed(first, 1)).toEqual(first && posed(first, 1));
  });

  test("are graded by their letter, and found in a reply", async () => {
    const dataFolder = join(folder, "choices");
    const task = await mathTask({
      ...{ benchmarks: [], benchmarkFiles: { gpqa: fileOf("graded.csv", gpqa) }, benchmarkSamples: {} },
      ...{ dataFolder, externalAnchor: false, gate: false, lora: false, anchorFile: undefined },
    });
    const [problem] = task.benchmark("gpqa", 1, 1);
    if (problem === undefined) throw new Error("the benchmark is empty");
    const wrong = problem.answer === "A" ? "B" : "A";
    for (const form of ["A", "(A)", "\\text{(A)}", "A."]) {
      const answered = (letter: string) => task.grade(problem, form.replace("A", letter));
      expect([form, await answered(problem.answer), await answered(wrong)]).toEqual([form, true, false]);
    }
    expect(task.answer?.(problem, `It must be this one: **${problem.answer}**`)).toBe(problem.answer);
  });

  test("are confidential: the reason not to pose a copy does not quote it", () => {
    const known = new KnownProblems();
    const text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";
    known.add([{ id: "r", question: text, answer: "A", isConfidential: true }]);
    expect(known.flaw(`So ${text} or not?`)).toBe("contaminated: 13 words occur in a confidential problem");
  });
});
