/**
 * Who of a group is asked. In the paper everybody verifies every solution and votes on every pair, so that calls grow
 * with the cube of the group; panels drawn by lot keep them proportional to it.
 *
 * 1. The draw depends on the seed and on what is judged: every agent, and a resumed run, finds the same panel.
 * 2. Some solutions are audited: the whole group verifies them, and nobody stops at a refusal. What a panel would have
 *    let through is measured there. Audits take a share of the panels' checks, so they grow no faster with the group.
 * 3. A panel keeps the order of the group, in which the strictest stand first (standing.ts).
 */
import type { Solution } from "../../runtime/messages.ts";
import { chanceOf, hashesAfter } from "../random.ts";
import type { Settings } from "../settings.ts";
import { latest } from "./latest.ts";

export type PanelSettings = Pick<Settings, "seed" | "verifiers" | "voters" | "firstVerifiers" | "auditShare">;

/** Those with the lowest lots, in the order of the group. */
const drawn = (
  members: readonly string[],
  size: number | undefined,
  ...lot: (string | number)[]
): string[] => {
  if (size === undefined || size >= members.length) return [...members];
  const lotOf = hashesAfter(...lot);
  /** Places of the members with the lowest lots so far, by lot. */
  const lowest: { readonly place: number; readonly lot: number }[] = [];
  for (const [place, member] of members.entries()) {
    const own = { place, lot: lotOf(member) };
    if (lowest.length === size && own.lot >= (lowest.at(-1)?.lot ?? 0)) continue;
    const at = lowest.findIndex(({ lot }) => lot > own.lot);
    lowest.splice(at === -1 ? lowest.length : at, 0, own);
    lowest.length = Math.min(lowest.length, size);
  }
  const places = lowest.map(({ place }) => place).toSorted((left, right) => left - right);
  return places.flatMap((place) => members[place] ?? []);
};

type Offered = Pick<Solution, "solutionId" | "author">;
interface Posed {
  readonly question: string;
  readonly group: readonly string[];
}

const peers = ({ group }: Posed, { author }: Offered): string[] =>
  group.filter((member) => member !== author);

/** Whose consent a solution needs where its question is not audited. */
export const panelOf = latest(
  (posed: Posed, offered: Offered, { seed, verifiers }: PanelSettings): readonly string[] =>
    drawn(peers(posed, offered), verifiers, seed, "verifiers", offered.solutionId),
);

/**
 * A share of the solutions is audited, but no more than add `auditShare` checks for each check of the panels: an audit
 * asks `others` members more than a panel does.
 */
export const isAudited = (
  { group }: Pick<Posed, "group">,
  { solutionId }: Pick<Offered, "solutionId">,
  { seed, verifiers, auditShare }: PanelSettings,
): boolean => {
  if (verifiers === undefined) return false;
  const others = group.length - 1 - verifiers;
  const chance = others > verifiers ? (auditShare * verifiers) / others : auditShare;
  return chanceOf(seed, "audit", solutionId) < chance;
};

/** How many peers have to consent to a solution. */
export const consentsNeeded = (posed: Posed, offered: Offered, settings: PanelSettings): number => {
  const peers = posed.group.length - 1;
  return isAudited(posed, offered, settings) ? peers : Math.min(settings.verifiers ?? peers, peers);
};

/** Whose consent a solution needs. */
export const verifiersOf = (posed: Posed, offered: Offered, settings: PanelSettings): string[] =>
  isAudited(posed, offered, settings) ? peers(posed, offered) : [...panelOf(posed, offered, settings)];

/** Who is asked at once; the others are asked once all of these have accepted. */
export const firstVerifiersOf = (posed: Posed, offered: Offered, settings: PanelSettings): string[] => {
  const all = verifiersOf(posed, offered, settings);
  return isAudited(posed, offered, settings) ? all : all.slice(0, settings.firstVerifiers ?? all.length);
};

export const votersOf = ({ question, group }: Posed, { seed, voters }: PanelSettings): string[] =>
  drawn(group, voters, seed, "voters", question);
