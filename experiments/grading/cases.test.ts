/**
 * Agreement with the cases of public graders. `disagreements.jsonl` lists every case that this grader sees otherwise,
 * with the reason: what disagrees and is not listed fails, and so does what is listed and agrees.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Algebra } from "./algebra.ts";
import { Equality } from "./equality.ts";
import { choiceIn, finalAnswer } from "./final-answer.ts";

const folder = join(import.meta.dirname, "../../../shared/data/grader");
/** Files of short answers, in which public graders were measured. The best of those reaches 94.9 %. */
const short = ["camel", "dart-math", "hendrycks-math", "issues", "metamorphic-math", "nemo-skills"];
const shortFiles = [...short, "qwen-comments", "simple-evals", "symeval"];
const bestListed = 0.949;

const caseSchema = z.object({ gold: z.string(), pred: z.string(), equal: z.boolean() });
const disagreementSchema = z.object({ case: z.string(), source: z.string(), reason: z.string().min(20) });

const rowsOf = <Row>(file: string, schema: z.ZodType<Row>): Row[] =>
  readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => schema.parse(JSON.parse(line)));

const equality = new Equality(new Algebra());

const isRight = (file: string, gold: string, pred: string): boolean => {
  if (file === "lighteval-mc") return choiceIn(pred) !== undefined && choiceIn(pred) === choiceIn(gold);
  const [known, given] = [finalAnswer(gold), finalAnswer(pred)];
  return known !== undefined && given !== undefined && equality.compare(known, given) === "equal";
};

describe.skipIf(!existsSync(folder))("the cases of public graders (shared/data/grader)", () => {
  test("are graded alike, and every exception is listed with a reason", () => {
    const files = readdirSync(folder).map((file) => file.replace(/^cases-|\.jsonl$/g, ""));
    const graded = files.flatMap((file) =>
      rowsOf(join(folder, `cases-${file}.jsonl`), caseSchema).map(({ gold, pred, equal }, index) => ({
        ...{ file, name: `${file}:${index + 1}`, equal, isAgreed: isRight(file, gold, pred) === equal },
      })),
    );
    const shareOf = (rows: typeof graded) => rows.filter(({ isAgreed }) => isAgreed).length / rows.length;
    const disagreeing = graded.filter(({ isAgreed }) => !isAgreed);
    const listed = rowsOf(join(import.meta.dirname, "disagreements.jsonl"), disagreementSchema);
    expect(disagreeing.map(({ name }) => name)).toEqual(listed.map((one) => one.case));
    expect(shareOf(graded.filter(({ file }) => shortFiles.includes(file)))).toBeGreaterThan(bestListed);
    expect(shareOf(graded)).toBeGreaterThan(bestListed);
    expect(disagreeing.filter(({ equal }) => !equal).length).toBeLessThanOrEqual(6);
  }, 600_000);
});
