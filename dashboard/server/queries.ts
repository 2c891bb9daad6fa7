/** Schemas of the query parameters; an invalid parameter gets an error that names it. */
import type { Context } from "hono";
import { z } from "zod";
import { posers, sortKeys } from "../page/questions/question-query.ts";
import { Refusal } from "./refusal.ts";

/** As a browser's field accepts it, such as `.5` or `1e1`. */
const decimal = z
  .string()
  .refine((text) => text.trim() !== "" && Number.isFinite(Number(text)), { error: "expected a number" })
  .transform(Number);
const whole = z
  .string()
  .regex(/^\d{1,15}$/, { error: "expected a whole number" })
  .transform(Number);
const name = z.string().min(1).max(300);
const until = whole.optional();

export const instantQuery = z.strictObject({ until });

export const questionsQuery = z.strictObject({
  outcome: z.enum(["settled", "disputed", "void", "misled", "open"]).optional(),
  author: name.optional(),
  from: decimal.optional(),
  to: decimal.optional(),
  text: z.string().max(300).optional(),
  verifier: name.optional(),
  solver: name.optional(),
  posed: z.enum(posers).optional(),
  sort: z.enum(sortKeys).optional(),
  order: z.enum(["ascending", "descending"]).optional(),
  until,
  offset: whole.default(0),
  limit: whole.pipe(z.int().min(1).max(500)).default(50),
});

export const eventsQuery = z.strictObject({
  agent: name.optional(),
  state: z.string().max(300).optional(),
  edge: name.optional(),
  from: name.optional(),
  until,
  limit: whole.pipe(z.int().min(1).max(500)).default(100),
});

export const recordedQuery = eventsQuery.extend({ agent: name });

export const transitionsQuery = z.strictObject({ agent: name, until });

/** @throws Refusal AGORA_PAGE_QUERY that names the first invalid parameter */
export const readQuery = <T extends z.ZodObject>(context: Context, schema: T): z.output<T> => {
  const result = schema.safeParse(context.req.query());
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const known = Object.keys(schema.shape).join(", ");
  if (issue?.code === "unrecognized_keys") {
    throw new Refusal("AGORA_PAGE_QUERY", `unknown parameter ${issue.keys[0]}`, {
      expected: `some of ${known}`,
    });
  }
  throw new Refusal("AGORA_PAGE_QUERY", `${issue?.path.join(".")}: ${issue?.message ?? "invalid value"}`);
};
