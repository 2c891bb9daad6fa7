/** Active states and role by innermost states. The results are cached, because every frame needs the same few. */
import { roleOf } from "./role.ts";
import { withAncestors } from "./states.ts";

export interface Standing {
  /** The innermost states and all their ancestors. */
  readonly active: readonly string[];
  /** The agent's activity as text. */
  readonly role: string;
}

const maximumEntries = 2_000;
const kept = new Map<string, Standing>();

export const standing = (innermost: readonly string[]): Standing => {
  const key = innermost.join("\n");
  const known = kept.get(key);
  if (known) return known;
  if (kept.size >= maximumEntries) kept.clear();
  const fresh = { active: withAncestors(innermost), role: roleOf(innermost) };
  kept.set(key, fresh);
  return fresh;
};
