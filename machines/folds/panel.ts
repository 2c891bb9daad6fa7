/**
 * Who of a group is asked. In the paper everybody verifies every solution and votes on every pair, so that calls grow
 * with the cube of the group; panels drawn by lot keep them proportional to it.
 *
 * 1. The draw depends on the seed and on what is judged: every agent, and a resumed run, finds the same panel.
 * 2. A share of the questions is audited: the whole group verifies them, and nobody stops at a refusal. What a panel
 *    would have let through is measured there.
 * 3. A panel keeps the order of the group, in which the strictest stand first (standing.ts).
 */
import type { Dossier, Solution } from "../../runtime/messages.ts";
import { chanceOf, hashOf } from "../random.ts";
import type { Settings } from "../settings.ts";
import { haveAccepted } from "./dossier.ts";

export type PanelSettings = Pick<Settings, "seed" | "verifiers" | "voters" | "firstVerifiers" | "auditShare">;

const drawn = (
  members: readonly string[],
  size: number | undefined,
  ...lot: (string | number)[]
): string[] => {
  if (size === undefined || size >= members.length) return [...members];
  const lots = new Map(members.map((member) => [member, hashOf(...lot, member)] as const));
  const byLot = members.toSorted((left, right) => (lots.get(left) ?? 0) - (lots.get(right) ?? 0));
  const chosen = new Set(byLot.slice(0, size));
  return members.filter((member) => chosen.has(member));
};

/** Only panels have something to be audited for. */
export const isAudited = (
  question: string,
  { seed, verifiers, auditShare }: Pick<Settings, "seed" | "verifiers" | "auditShare">,
): boolean => verifiers !== undefined && chanceOf(seed, "audit", question) < auditShare;

type Offered = Pick<Solution, "solutionId" | "author">;
type Posed = { readonly question: string; readonly group: readonly string[] };

const peers = ({ group }: Posed, { author }: Offered): string[] =>
  group.filter((member) => member !== author);

/** Whose consent a solution needs where its question is not audited. */
export const panelOf = (posed: Posed, offered: Offered, { seed, verifiers }: PanelSettings): string[] =>
  drawn(peers(posed, offered), verifiers, seed, "verifiers", offered.solutionId);

/** Whose consent a solution needs. */
export const verifiersOf = (posed: Posed, offered: Offered, settings: PanelSettings): string[] =>
  isAudited(posed.question, settings) ? peers(posed, offered) : panelOf(posed, offered, settings);

/** Who is asked at once; the others are asked once all of these have accepted. */
export const firstVerifiersOf = (posed: Posed, offered: Offered, settings: PanelSettings): string[] => {
  const all = verifiersOf(posed, offered, settings);
  return isAudited(posed.question, settings) ? all : all.slice(0, settings.firstVerifiers ?? all.length);
};

export const votersOf = ({ question, group }: Posed, { seed, voters }: PanelSettings): string[] =>
  drawn(group, voters, seed, "voters", question);

/** Solutions whose first verifiers, as far as they are there, have all accepted: now the whole panel is asked. */
export const withPanelsAsked = (dossier: Dossier, settings: PanelSettings): Dossier => {
  if (settings.firstVerifiers === undefined) return dossier;
  const asked = dossier.solutions.map((solution): Solution => {
    const panel = verifiersOf(dossier, solution, settings);
    const isWhole = (solution.verifiers?.length ?? panel.length) >= panel.length;
    return isWhole || !haveAccepted(dossier, solution) ? solution : { ...solution, verifiers: panel };
  });
  const isWider = asked.some((solution, place) => solution !== dossier.solutions[place]);
  return isWider ? { ...dossier, solutions: asked } : dossier;
};
