/** How many of a crowd's actors are in a state, as steps of a colour. */

/** Upper bounds of the shares of steps 1 to 3; above is step 4. */
const bounds = [0.1, 0.25, 0.5] as const;

/** @returns 0 for an empty state, else 1 to 4 */
export const heatOf = (count: number, total: number): number => {
  if (count <= 0 || total <= 0) return 0;
  const step = bounds.findIndex((bound) => count / total <= bound);
  return step === -1 ? bounds.length + 1 : step + 1;
};

/** @param counts by innermost state; a state above contains the actors of its substates */
export const countsWithParents = (counts: Readonly<Record<string, number>>): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>();
  for (const [id, count] of Object.entries(counts)) {
    const parts = id.split(".");
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const state = parts.slice(0, depth).join(".");
      sums.set(state, (sums.get(state) ?? 0) + count);
    }
  }
  return sums;
};
