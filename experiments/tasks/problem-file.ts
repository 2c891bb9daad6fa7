/** Problems with answers from a file, in the formats of public data sets. */
import { z } from "zod";
import { hashOf } from "../../machines/random.ts";
import { lastBraces } from "../../prompts/reading.ts";
import type { Problem } from "../../runtime/task.ts";
import { TaskError } from "./error.ts";
import { readRows, rowForm } from "./rows.ts";

/** A problem as it is stored: choices get their letters when it is drawn. */
export interface StoredProblem extends Problem {
  /** The right one first. */
  readonly choices?: readonly string[];
}

const name = z.union([z.string(), z.number(), z.bigint()]).transform(String);
const filled = z.string().trim().min(1);

const plainSchema = z.object({
  id: name.optional(),
  unique_id: z.string().optional(),
  question: z.string().min(1).optional(),
  problem: z.string().min(1).optional(),
  answer: name.optional(),
  solution: z.string().optional(),
});
type PlainRow = z.infer<typeof plainSchema>;

const gpqaSchema = z.object({
  "Record ID": filled.optional(),
  Question: filled,
  "Correct Answer": filled,
  "Incorrect Answer 1": filled,
  "Incorrect Answer 2": filled,
  "Incorrect Answer 3": filled,
});

/** MATH boxes the answer at the end of its solution; GSM8K writes it after `####` at the end of its answer. */
const answerOf = ({ answer, solution }: PlainRow): string | undefined => {
  if (answer === undefined) return lastBraces(solution ?? "", "\\boxed");
  return answer.split("####").at(-1)?.trim();
};

const plainProblem = (value: unknown, place: string): StoredProblem | undefined => {
  const { data: row } = plainSchema.safeParse(value);
  const [question, answer] = [row?.question ?? row?.problem, row && answerOf(row)];
  if (row === undefined || question === undefined || !answer) return undefined;
  return { id: row.id ?? row.unique_id ?? place, question, answer };
};

/** GPQA's authors ask not to publish its text. */
const gpqaProblem = (value: unknown, place: string): StoredProblem | undefined => {
  const { data: row } = gpqaSchema.safeParse(value);
  if (row === undefined) return undefined;
  const { "Correct Answer": answer, "Incorrect Answer 1": one, "Incorrect Answer 2": two } = row;
  const choices = [answer, one, two, row["Incorrect Answer 3"]];
  const id = row["Record ID"] ?? place;
  return { id, question: row.Question, answer, choices, isChoice: true, isConfidential: true };
};

/** Answers are kept by their problem's id. */
const requireDistinct = (problems: readonly StoredProblem[], key: string, file: string): void => {
  const ids = new Set<string>();
  for (const { id } of problems) {
    if (!ids.has(id)) {
      ids.add(id);
      continue;
    }
    throw new TaskError(`${key}: ${file} has two problems with the id ${id}`, {
      expected: "an id of its own for every problem, or none",
      fix: "remove the copy, or leave the ids out",
    });
  }
};

/** @throws TaskError that names the configuration's key, the file and the row. */
export const readProblems = async (key: string, file: string): Promise<StoredProblem[]> => {
  const rows = await readRows(key, file);
  const problems = rows.map(({ place, value }, index): StoredProblem => {
    const fallback = `${key}/${index}`;
    const problem = gpqaProblem(value, fallback) ?? plainProblem(value, fallback);
    if (problem !== undefined) return problem;
    throw new TaskError(`${key}: ${file}, ${place} is not a problem`, { expected: rowForm });
  });
  requireDistinct(problems, key, file);
  if (problems.length > 0) return problems;
  throw new TaskError(`${key}: ${file} holds no problems`, { expected: `rows ${rowForm}` });
};

const letters = "ABCDEFGHIJ";

/** The choices in an order of the seed, as part of the question; the answer is the letter of the right one. */
export const posed = ({ choices, ...problem }: StoredProblem, seed: number): Problem => {
  if (choices === undefined) return problem;
  const order = choices
    .map((choice, index) => ({
      choice,
      isRight: index === 0,
      rank: hashOf("choices", seed, problem.id, index),
    }))
    .toSorted((left, right) => left.rank - right.rank);
  const lines = order.map(({ choice }, index) => `(${letters[index]}) ${choice}`);
  const question = [problem.question, "", ...lines, "", "The answer is the letter of one choice."].join("\n");
  return { ...problem, question, answer: letters[order.findIndex(({ isRight }) => isRight)] ?? "" };
};
