/** Problems with answers from a JSON Lines file, in the formats of public data sets. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { lastBraces } from "../../prompts/reading.ts";
import type { Problem } from "../../runtime/task.ts";
import { TaskError } from "./error.ts";

const rowSchema = z.object({
  id: z.string().optional(),
  unique_id: z.string().optional(),
  question: z.string().min(1).optional(),
  problem: z.string().min(1).optional(),
  answer: z.union([z.string(), z.number()]).optional(),
  solution: z.string().optional(),
});
type Row = z.infer<typeof rowSchema>;

/** MATH boxes the answer at the end of its solution; GSM8K writes it after `####` at the end of its answer. */
const answerOf = ({ answer, solution }: Row): string | undefined => {
  if (answer === undefined) return lastBraces(solution ?? "", "\\boxed");
  return String(answer).split("####").at(-1)?.trim();
};

const form = '{"question": …, "answer": …} (or MATH\'s problem and solution, or GSM8K\'s #### answers)';

const readLines = (key: string, file: string): string[] => {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch (cause) {
    throw new TaskError(`${key}: ${file} cannot be read`, {
      expected: `JSON Lines, each ${form}`,
      fix: "put it there, for example from the sources that experiments/configs/1b.yaml names, or correct the path",
      cause,
    });
  }
};

const rowOf = (line: string): Row | undefined => {
  try {
    return rowSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
};

/** @throws TaskError that names the configuration's key, the file and the line. */
export const readProblems = (key: string, file: string): Problem[] => {
  const problems = readLines(key, file).flatMap((line, index): Problem[] => {
    if (line.trim() === "") return [];
    const row = rowOf(line);
    const [question, answer] = [row?.question ?? row?.problem, row && answerOf(row)];
    if (row === undefined || question === undefined || !answer) {
      throw new TaskError(`${key}: ${file}, line ${index + 1} is not a problem`, { expected: form });
    }
    return [{ id: row.id ?? row.unique_id ?? `${key}/${index}`, question, answer }];
  });
  if (problems.length > 0) return problems;
  throw new TaskError(`${key}: ${file} holds no problems`, { expected: `JSON Lines, each ${form}` });
};
