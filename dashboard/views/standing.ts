/** What innermost states come to: the same few combinations are asked for in every frame, and are kept. */
import { roleOf } from "./role.ts";
import { withAncestors } from "./states.ts";

export interface Standing {
  /** With all states that contain the innermost ones. */
  readonly active: readonly string[];
  /** In words. */
  readonly role: string;
}

const most = 2_000;
const kept = new Map<string, Standing>();

export const standing = (innermost: readonly string[]): Standing => {
  const key = innermost.join("\n");
  const known = kept.get(key);
  if (known) return known;
  if (kept.size >= most) kept.clear();
  const fresh = { active: withAncestors(innermost), role: roleOf(innermost) };
  kept.set(key, fresh);
  return fresh;
};
