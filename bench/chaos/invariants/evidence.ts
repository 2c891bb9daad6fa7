/** What a society leaves behind, from which its invariants are checked. */
import type { Config } from "../../../runtime/config/config.ts";
import type { Message, MessageOf, MessageType } from "../../../runtime/messages.ts";
import type { Cost } from "../../../runtime/model/ledger.ts";
import type { Trace } from "../trace.ts";

export interface Evidence {
  readonly config: Config;
  /** Of the journal, in order. */
  readonly records: readonly Message[];
  /** Questions that somebody heard settle. */
  readonly announced: ReadonlySet<string>;
  /** Finished trainings, one by one: the job of each. */
  readonly trained: readonly string[];
  /** Calls that each member's endpoint has received; a member without an entry was not counted. */
  readonly received: ReadonlyMap<string, number>;
  /** What the run's result says of its calls. */
  readonly reported: Cost;
  readonly traces: readonly Trace[];
}

export const ofType = <T extends MessageType>(records: readonly Message[], type: T): MessageOf<T>[] =>
  records.filter((record): record is MessageOf<T> => record.type === type);

/** What occurs more than once. */
export const repeated = (ids: readonly string[]): string[] => {
  const seen = new Set<string>();
  return ids.filter((id) => seen.has(id) || !seen.add(id));
};

/** Equal up to the last digits of sums in another order. */
export const isClose = (left: number, right: number): boolean => Math.abs(left - right) < 1e-9;
