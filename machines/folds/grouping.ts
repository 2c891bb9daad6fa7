/** Groups of a list by a key, found once per list: the lists of a dossier are replaced and never changed. */

export const grouping = <T, K>(keyOf: (item: T) => K) => {
  const found = new WeakMap<readonly T[], ReadonlyMap<K, readonly T[]>>();
  return (items: readonly T[]): ReadonlyMap<K, readonly T[]> => {
    const known = found.get(items) ?? Map.groupBy(items, keyOf);
    found.set(items, known);
    return known;
  };
};
