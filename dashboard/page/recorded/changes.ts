/**
 * Differences between two JSON values. A resource that grows over a run is kept as its first value and the changes
 * from each time to the next.
 */

/** `null`: unchanged. `v`: another value. Otherwise what changed inside an array or an object of the same kind. */
export type Change =
  | null
  | { readonly v: unknown }
  | {
      /** Changes by index or key. */
      readonly c?: Readonly<Record<string, Change>>;
      /** Of an array: its new length, if shorter. */
      readonly n?: number;
      /** Of an array: items after its last. */
      readonly a?: readonly unknown[];
      /** Of an object: keys that are gone. */
      readonly d?: readonly string[];
    };

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const changedParts = (
  parts: readonly (readonly [string, Change])[],
): { readonly c?: Readonly<Record<string, Change>> } => {
  const changed = parts.filter(([, change]) => change !== null);
  return changed.length === 0 ? {} : { c: Object.fromEntries(changed) };
};

const arrayChange = (before: readonly unknown[], after: readonly unknown[]): Change => {
  const shared = Math.min(before.length, after.length);
  const parts = after
    .slice(0, shared)
    .map((item, index): [string, Change] => [String(index), changeOf(before[index], item)]);
  const change = {
    ...changedParts(parts),
    ...(after.length < before.length ? { n: after.length } : {}),
    ...(after.length > shared ? { a: after.slice(shared) } : {}),
  };
  return Object.keys(change).length === 0 ? null : change;
};

const fieldsChange = (before: Fields, after: Fields): Change => {
  const parts = Object.keys(after).map((key): [string, Change] => [
    key,
    Object.hasOwn(before, key) ? changeOf(before[key], after[key]) : { v: after[key] },
  ]);
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  const change = { ...changedParts(parts), ...(gone.length === 0 ? {} : { d: gone }) };
  return Object.keys(change).length === 0 ? null : change;
};

/** Both values are JSON. */
export const changeOf = (before: unknown, after: unknown): Change => {
  if (Object.is(before, after)) return null;
  if (Array.isArray(before) && Array.isArray(after)) return arrayChange(before, after);
  if (isFields(before) && isFields(after)) return fieldsChange(before, after);
  return { v: after };
};

/** The value after a change; what has not changed is shared with the value before. */
export const changed = (before: unknown, change: Change): unknown => {
  if (change === null) return before;
  if ("v" in change) return change.v;
  const { c = {}, n, a = [], d = [] } = change;
  if (Array.isArray(before)) {
    const kept = before
      .slice(0, n ?? before.length)
      .map((item, index) => (Object.hasOwn(c, index) ? changed(item, c[index] ?? null) : item));
    return [...kept, ...a];
  }
  const fields = isFields(before) ? before : {};
  const kept = Object.entries(fields).filter(([key]) => !d.includes(key) && !Object.hasOwn(c, key));
  const renewed = Object.entries(c).map(([key, part]) => [
    key,
    changed(Object.hasOwn(fields, key) ? fields[key] : undefined, part),
  ]);
  return Object.fromEntries([...kept, ...renewed]);
};
