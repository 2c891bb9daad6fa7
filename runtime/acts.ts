/** What an operator may ask of a run: the bodies of POST /api/acts (dashboard/server), and of the commands (cli). */
import { z } from "zod";
import { AgoraError } from "./agora-error.ts";
import { Components, count, name, Strategy } from "./message-parts.ts";

/** Whoever acts; default: the user of the command line, or the page. */
const who = { operator: name.optional() };

const act = <const A extends string, S extends z.ZodRawShape>(does: A, shape: S) =>
  z.strictObject({ act: z.literal(does), ...who, ...shape });

const components = z.strictObject(Components.shape);
/** A name that can be a folder's. */
const run = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, { error: "expected up to 64 letters, digits, - and _" });

/** The most that a question may take, unless it says so itself [s]. */
export const defaultSeconds = 120;

export const actRequest = z.discriminatedUnion("act", [
  act("pause", {}),
  act("resume", {}),
  act("step", {}),
  act("stop", {}),
  act("set", {
    difficulty: z.number().optional(),
    strategy: Strategy.optional(),
    components: components.optional(),
  }),
  act("ask", {
    text: z.string().trim().min(1).max(4000),
    /** The most that the whole question may take [s]. */
    seconds: z.number().positive().max(86_400).optional(),
  }),
  act("reject", { model: name }),
  act("rollback", { model: name }),
  act("fork", {
    /** `key=value` pairs, as for `--set`. */
    set: z.array(z.string().max(300)).max(40),
    /** Name of the new run. Default: the run's own, with a number. */
    run: run.optional(),
    /** The new run begins after this round has closed. Default: with all records. */
    round: count.optional(),
  }),
]);
export type ActRequest = z.infer<typeof actRequest>;

export interface ActDone {
  /** The id of the act in the journal. */
  readonly act: string;
  readonly run: string;
  readonly operator: string;
  /** What follows, as a sentence. */
  readonly effect: string;
  /** The id of the question that was asked. */
  readonly question?: string;
  /** The name of the new run. */
  readonly fork?: string;
}

/** Carries out acts on a run that is played in this process. */
export interface Acts {
  /** Resolves when the act is recorded. @throws ActError */
  perform(request: ActRequest): Promise<ActDone>;
}

/** `_OVER`: nobody plays the run. `_STATE`: not now. `_VALUE`: never like this. */
export type ActErrorCode = "AGORA_ACT_OVER" | "AGORA_ACT_STATE" | "AGORA_ACT_VALUE";

export class ActError extends AgoraError<ActErrorCode> {}

/** @throws ActError that names the first field that is wrong */
export const readAct = (given: unknown): ActRequest => {
  const result = actRequest.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const known = actRequest.options.map(({ shape }) => shape.act.value).join(", ");
  if (issue?.code === "invalid_union")
    throw new ActError("AGORA_ACT_VALUE", "the field act names no act", { expected: `one of ${known}` });
  const place = issue?.path.join(".") || "the body";
  const problem =
    issue?.code === "unrecognized_keys" ? `unknown field ${issue.keys.join(", ")}` : issue?.message;
  throw new ActError("AGORA_ACT_VALUE", `${place}: ${problem}`, {
    fix: "see docs/acts.md for the fields of each act",
  });
};
