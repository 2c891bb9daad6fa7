/** The work that a model has under way, by kind. */
import type { Verdict } from "../../runtime/messages.ts";
import type { Verify, Work, WorkKind } from "../work.ts";
import { checkId } from "./asked.ts";
import { isAudited, type PanelSettings, verifiersOf } from "./panel.ts";

export type Underway = Readonly<Record<WorkKind, readonly Work[]>>;

export const nothingUnderway: Underway = { pose: [], solve: [], verify: [], vote: [], explain: [] };

export const isUnderway = (underway: Underway, { kind, id }: Work): boolean =>
  underway[kind].some((other) => other.id === id);

/** `work`: what one message asks for, all of one kind. */
export const withWork = (underway: Underway, work: readonly Work[]): Underway => {
  const kind = work[0]?.kind;
  return kind === undefined ? underway : { ...underway, [kind]: [...underway[kind], ...work] };
};

export const withoutWork = (underway: Underway, kind: WorkKind, gone: readonly Work[]): Underway => {
  const ids = new Set(gone.map(({ id }) => id));
  return { ...underway, [kind]: underway[kind].filter(({ id }) => !ids.has(id)) };
};

const noPanels: PanelSettings = { seed: 0, auditShare: 0 };

/** The checks that refusals by verifiers of the same solution make unnecessary; an audit wants every verdict. */
export const settledChecks = (
  { verify }: Underway,
  verdicts: readonly Verdict[],
  settings: PanelSettings = noPanels,
): Work[] => {
  if (verify.length === 0) return [];
  const refusals = verdicts.filter(({ verdict }) => verdict === "refuse");
  const isSettled = (check: Verify): boolean =>
    refusals.some(
      ({ solutionId, verifier }) =>
        check.id === checkId(solutionId) && verifiersOf(check, check.solution, settings).includes(verifier),
    );
  return (verify as readonly Verify[]).filter(
    (check) => !isAudited(check.question, settings) && isSettled(check),
  );
};

/** All work for a question. */
export const workOn = (underway: Underway, question: string): Work[] =>
  Object.values(underway)
    .flat()
    .filter((work) => work.kind !== "pose" && work.question === question);
