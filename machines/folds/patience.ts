/**
 * How long a question waits for those who are still silent once most of the group are done: learned from how long
 * their own answers took.
 */
import type { Settings } from "../settings.ts";
import type { Asking } from "./silence.ts";

/** The longest recent time from being asked to answering, by member and kind of work [s]. */
export type Paces = Readonly<Record<string, number>>;

export const paceKey = (member: string, kind: Asking): string => `${member}/${kind}`;

export const withPace = (paces: Paces, key: string, seconds: number): Paces =>
  seconds > (paces[key] ?? -1) ? { ...paces, [key]: seconds } : paces;

/** Of the distance to a shorter time, what a longest time gives up: it fades over some twenty questions. */
const fading = 0.05;

const learned = (longest: number | undefined, seconds: number): number =>
  longest === undefined || seconds >= longest ? seconds : longest + fading * (seconds - longest);

/** What was known, and what one more question has taken. */
export const learnPaces = (known: Paces, taken: Paces): Paces => ({
  ...known,
  ...Object.fromEntries(
    Object.entries(taken).map(([key, seconds]) => [key, learned(known[key], seconds)] as const),
  ),
});

/** Long enough for each of them [s]. Of whom nothing is known the whole phase may be needed. */
export const patienceOf = (
  paces: Paces,
  kind: Asking,
  members: readonly string[],
  { patienceFactor, patienceSeconds, phaseTimeoutSeconds }: Settings,
): number => {
  const longest = members.map((member) => paces[paceKey(member, kind)] ?? Number.POSITIVE_INFINITY);
  return Math.min(phaseTimeoutSeconds, Math.max(patienceSeconds, patienceFactor * Math.max(...longest)));
};
