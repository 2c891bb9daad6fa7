/** Members whose answers a question still waits for, and the abstentions recorded for those that stay silent. */
import type { Dossier, Solution } from "../../runtime/messages.ts";
import type { WorkKind } from "../work.ts";
import {
  authorOf,
  isDecided,
  judgingIn,
  owingBallots,
  pairsOf,
  silentSolvers,
  silentVerifiers,
  silentVoters,
  votersIn,
  withWithheld,
} from "./dossier.ts";
import { latest } from "./latest.ts";

/** The kinds of answers that a question asks for. */
export type Asking = Exclude<WorkKind, "pose">;

const verifiersIn = latest((solutions: readonly Solution[], all: readonly string[]): readonly string[] =>
  solutions.every(({ verifiers }) => verifiers === undefined)
    ? all
    : [...new Set(solutions.flatMap(({ verifiers = all }) => verifiers))],
);

/** Whom a phase asks: the group, or what panels were drawn from it. */
export const askedIn = (dossier: Dossier, asking: Asking): readonly string[] => {
  if (asking === "vote") return votersIn(dossier);
  return asking === "verify" ? verifiersIn(dossier.solutions, judgingIn(dossier)) : dossier.group;
};

const owingVerdicts = (dossier: Dossier): string[] => {
  const undecided = dossier.solutions.filter((solution) => !isDecided(dossier, solution));
  return [...new Set(undecided.flatMap((solution) => silentVerifiers(dossier, solution)))];
};

/** The winner's author, if there is a winner. */
export const winningAuthor = (dossier: Dossier): string | undefined =>
  dossier.winner === undefined ? undefined : authorOf(dossier, dossier.winner);

export const silentIn = latest((dossier: Dossier, asking: Asking): readonly string[] => {
  switch (asking) {
    case "solve":
      return silentSolvers(dossier);
    case "verify":
      return owingVerdicts(dossier);
    case "vote":
      return owingBallots(dossier);
    case "explain":
      return [winningAuthor(dossier) ?? []].flat();
  }
});

const withAbstentions = (dossier: Dossier, members: readonly string[], text: string): Dossier => {
  const missing = dossier.solutions
    .filter((solution) => !isDecided(dossier, solution))
    .flatMap((solution) =>
      silentVerifiers(dossier, solution)
        .filter((verifier) => members.includes(verifier))
        .map((verifier) => ({
          ...{ solutionId: solution.solutionId, verifier, adapter: 0, verdict: "abstain" as const, text },
        })),
    );
  return { ...dossier, verdicts: [...dossier.verdicts, ...missing] };
};

const withBlanks = (dossier: Dossier, members: readonly string[], text: string): Dossier => {
  const missing = pairsOf(dossier).flatMap((pair) =>
    silentVoters(dossier, pair)
      .filter((voter) => members.includes(voter))
      .map((voter) => ({ pair: pair.pair, voter, adapter: 0, text })),
  );
  return { ...dossier, ballots: [...dossier.ballots, ...missing] };
};

/** Records an abstention with the reason for each of the members that has not answered. */
export const excused = (
  dossier: Dossier,
  asking: Asking,
  members: readonly string[],
  text: string,
): Dossier => {
  switch (asking) {
    case "solve":
      return members.reduce((kept, author) => withWithheld(kept, author, text), dossier);
    case "verify":
      return withAbstentions(dossier, members, text);
    case "vote":
      return withBlanks(dossier, members, text);
    case "explain":
      return dossier;
  }
};

/** A member that left abstains in all its remaining answers; an absent member's verdicts are not needed. */
export const withoutMember = (dossier: Dossier, member: string): Dossier => {
  const text = dossier.absent?.includes(member) ? "absent" : "left the group";
  return (["solve", "verify", "vote"] as const).reduce(
    (kept, asking) => excused(kept, asking, [member], text),
    dossier,
  );
};
