/** The work that a model has under way, by kind. */
import type { Verdict } from "../../runtime/messages.ts";
import type { Verify, Work, WorkKind } from "../work.ts";
import { checkId } from "./asked.ts";

export type Underway = Readonly<Record<WorkKind, readonly Work[]>>;

export const nothingUnderway: Underway = { pose: [], solve: [], verify: [], vote: [], explain: [] };

export const isUnderway = (underway: Underway, { kind, id }: Work): boolean =>
  underway[kind].some((other) => other.id === id);

/** `work`: what one message asks for, all of one kind. */
export const withWork = (underway: Underway, work: readonly Work[]): Underway => {
  const kind = work[0]?.kind;
  return kind === undefined ? underway : { ...underway, [kind]: [...underway[kind], ...work] };
};

export const withoutWork = (underway: Underway, { kind, id }: Work): Underway => ({
  ...underway,
  [kind]: underway[kind].filter((other) => other.id !== id),
});

/** The check that a peer's refusal makes unnecessary; undefined if there is none. */
export const settledCheck = (
  { verify }: Underway,
  { solutionId, verifier, verdict }: Verdict,
): Work | undefined => {
  if (verdict !== "refuse") return undefined;
  const check = verify.find(({ id }) => id === checkId(solutionId)) as Verify | undefined;
  return check?.group.includes(verifier) && check.solution.author !== verifier ? check : undefined;
};

/** All work for a question. */
export const workOn = (underway: Underway, question: string): Work[] =>
  Object.values(underway)
    .flat()
    .filter((work) => work.kind !== "pose" && work.question === question);
