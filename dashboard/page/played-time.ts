/** The time of a run in which it is played: the breaks between its sessions take none. */
import type { Break } from "../view.ts";

/** A time on the clock, less the breaks before it [epoch ms]. */
export const playedTime = (at: number, breaks: readonly Break[]): number =>
  breaks.reduce((time, { from, to }) => time - Math.max(0, Math.min(at, to) - from), at);

/** The time on the clock; where a break was, its end: so the newest record is never left out [epoch ms]. */
export const clockTime = (played: number, breaks: readonly Break[]): number =>
  breaks.reduce((time, { from, to }) => (time < from ? time : time + to - from), played);
