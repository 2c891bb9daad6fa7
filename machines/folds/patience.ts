/**
 * How long a question waits for the remaining members once half of the group have answered: learned from the time
 * that their own answers took.
 */
import type { Settings } from "../settings.ts";
import type { Asking } from "./silence.ts";

/** The longest recent time from being asked to answering, by member and kind of work [s]. */
export type Paces = Readonly<Record<string, number>>;

export const paceKey = (member: string, kind: Asking): string => `${member}/${kind}`;

export const withPace = (paces: Paces, key: string, seconds: number): Paces =>
  seconds > (paces[key] ?? -1) ? { ...paces, [key]: seconds } : paces;

/** How fast a longest time falls towards shorter ones: its share of the difference per question. */
const fading = 0.05;

const learned = (longest: number | undefined, seconds: number): number =>
  longest === undefined || seconds >= longest ? seconds : longest + fading * (seconds - longest);

/** The known times, updated with those of one more question. */
export const learnPaces = (known: Paces, taken: Paces): Paces => ({
  ...known,
  ...Object.fromEntries(
    Object.entries(taken).map(([key, seconds]) => [key, learned(known[key], seconds)] as const),
  ),
});

/** Time that is enough for each member [s]; the whole phase for a member without known times. */
export const patienceOf = (
  paces: Paces,
  kind: Asking,
  members: readonly string[],
  { patienceFactor, patienceSeconds, phaseTimeoutSeconds }: Settings,
): number => {
  const longest = members.map((member) => paces[paceKey(member, kind)] ?? Number.POSITIVE_INFINITY);
  return Math.min(phaseTimeoutSeconds, Math.max(patienceSeconds, patienceFactor * Math.max(...longest)));
};
