/** The messages of a question, from being posed to its end. */
import type { Dossier, Draft } from "../runtime/messages.ts";
import { pairsOf, verifiedSolutions, votersIn, withoutStrays } from "./folds/dossier.ts";
import { firstVerifiersOf, type PanelSettings } from "./folds/panel.ts";
import type { Paces } from "./folds/patience.ts";
import { beforeVote } from "./folds/remarks.ts";
import type { Settings } from "./settings.ts";

export const posedDraft = (dossier: Dossier, { validVote }: Pick<Settings, "validVote">): Draft => {
  const { question, round, author, adapter, difficulty, topic, text, group } = dossier;
  const posed = { question, round, author, adapter, difficulty, text, group };
  const examined = validVote ? {} : { examined: false };
  return { type: "question.posed", ...posed, ...(topic === undefined ? {} : { topic }), ...examined };
};

const nobody = ({ withheld }: Dossier): string =>
  `nobody offered a solution (${withheld.map(({ author, cause }) => `${author}: ${cause}`).join("; ")})`;

/** The end of a question that an operator has asked. */
export const answeredDraft = (dossier: Dossier, reason?: string): Draft => ({
  type: "question.answered",
  dossier: withoutStrays(dossier),
  ...(reason === undefined ? {} : { reason }),
});

/** Void because of its flaw, or because there is no solution. */
export const voidedDraft = (dossier: Dossier, flaw: string | undefined, asked: boolean): Draft => {
  const { question, round, author, adapter, text } = dossier;
  const reason = flaw ?? nobody(dossier);
  if (asked) return answeredDraft(dossier, reason);
  return { type: "question.voided", question, round, author, adapter, text, reason };
};

/** Those who are asked to verify a solution now and were neither before nor by the offer itself. */
export const requestedDrafts = (before: Dossier, after: Dossier, settings: PanelSettings): Draft[] => {
  const { question, text, group, judges = [], solutions } = after;
  if (settings.firstVerifiers === undefined || before.solutions === solutions) return [];
  const known = new Map(
    before.solutions.map(({ solutionId, verifiers }) => [solutionId, verifiers] as const),
  );
  return solutions.flatMap((offered): Draft[] => {
    const byOffer = () => [...firstVerifiersOf(after, offered, settings), ...judges];
    const asked = known.get(offered.solutionId) ?? byOffer();
    const verifiers = offered.verifiers?.filter((verifier) => !asked.includes(verifier)) ?? [];
    if (verifiers.length === 0) return [];
    return [{ type: "verdict.requested", question, text, group, verifiers, offered }];
  });
};

const shownSolutions = (dossier: Dossier) =>
  verifiedSolutions(dossier).map(({ solutionId, text }) => ({ solutionId, text }));

export const invitedDraft = (dossier: Dossier, remarkers: readonly string[]): Draft => ({
  type: "remarks.invited",
  question: dossier.question,
  text: dossier.text,
  remarkers: [...remarkers],
  solutions: shownSolutions(dossier),
});

export const ballotDraft = (dossier: Dossier): Draft => {
  const remarks = beforeVote(dossier);
  return {
    type: "ballot.opened",
    question: dossier.question,
    text: dossier.text,
    group: [...votersIn(dossier)],
    pairs: [...pairsOf(dossier)],
    solutions: shownSolutions(dossier),
    ...(remarks.length > 0 ? { remarks } : {}),
  };
};

/** Empty if there is no winner. */
export const electedDrafts = ({ question, text, solutions, winner: id }: Dossier): Draft[] => {
  const winner = solutions.find(({ solutionId }) => solutionId === id);
  return winner === undefined ? [] : [{ type: "winner.elected", question, text, winner }];
};

export const closedDraft = (dossier: Dossier, paces: Paces): Draft => ({
  type: "question.closed",
  dossier: withoutStrays(dossier),
  paces,
});
