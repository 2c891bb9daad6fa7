/** The work that a model has under way, by kind. */
import type { Verdict } from "../../runtime/messages.ts";
import type { Verify, Work, WorkKind } from "../work.ts";
import { checkId } from "./asked.ts";
import { isAudited, type PanelSettings, verifiersOf } from "./panel.ts";

export type Underway = Readonly<Record<WorkKind, readonly Work[]>>;

export const nothingUnderway: Underway = { pose: [], solve: [], verify: [], vote: [], explain: [] };

/** Of work of one kind what is not under way, each piece once. */
export const newWork = (underway: Underway, work: readonly Work[]): Work[] => {
  const kind = work[0]?.kind;
  if (kind === undefined) return [];
  const known = new Set(underway[kind].map(({ id }) => id));
  return work.filter(({ id }) => !known.has(id) && known.add(id));
};

/** `work`: what one event asks for, all of one kind. */
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
    (check) => !isAudited(check, check.solution, settings) && isSettled(check),
  );
};

/** All work for these questions. */
export const workOn = (underway: Underway, questions: readonly string[]): Work[] =>
  Object.values(underway)
    .flat()
    .filter((work) => work.kind !== "pose" && questions.includes(work.question));
