/** Describes an agent's activity from its innermost active states. */

/** States in which a region is idle. */
const quiet = new Set([
  "resting",
  "idle",
  "waiting",
  "serving",
  "waking",
  "student",
  "ready",
  "present",
  "empty",
]);

/**
 * A region named after a role is described by the role (`solver` for `solving`), any other by its state (`teacher`).
 */
const regionWords = (region: string, state: string): string =>
  /(er|or)$/.test(region) && state.endsWith("ing") ? region : state;

export const roleOf = (innermost: readonly string[]): string => {
  const paths = innermost.map((id) => id.split("."));
  const regions = new Set(paths.map(([top]) => top));
  const words = paths.flatMap(([top = "", ...rest]) => {
    const state = rest.at(-1);
    if (regions.size < 2 || state === undefined) return quiet.has(top) ? [] : [top];
    return quiet.has(state) ? [] : [regionWords(top, state)];
  });
  return [...new Set(words)].join(", ") || "idle";
};

/** `12 solving, 3 voting`: by outermost state, most common first. */
export const crowdRole = (counts: Readonly<Record<string, number>>): string => {
  const sums = new Map<string, number>();
  for (const [id, count] of Object.entries(counts)) {
    const top = id.split(".")[0] ?? id;
    sums.set(top, (sums.get(top) ?? 0) + count);
  }
  const ranked = [...sums].filter(([, count]) => count > 0).toSorted(([, left], [, right]) => right - left);
  return ranked.map(([state, count]) => `${count} ${state}`).join(", ") || "none";
};
