/**
 * What a run's journal does not hold: the agents' states and the steps of training, once a second, one line of
 * JSON each in `feed.jsonl`. A convenience: whoever reads a run without it, or with torn lines, misses only that.
 */
import { join } from "node:path";
import { z } from "zod";

const name = z.string().min(1).max(300);

/** Time, job, model, state, step, steps, loss, and the slot where one is told: as in `training.progressed`. */
const Step = z.tuple([
  z.number(),
  name,
  name,
  name,
  z.number(),
  z.number(),
  z.number(),
  z.int().nonnegative().optional(),
]);

export const FeedLine = z.object({
  at: z.number(),
  /** Innermost active states of the agents whose states have changed. */
  states: z.record(name, z.array(z.string())).optional(),
  /** Short-lived actors by kind: how many are in which innermost state. */
  crowds: z.record(name, z.record(z.string(), z.number())).optional(),
  progress: z.array(Step).optional(),
  /** Definitions of short-lived actors, by kind, when the first one is seen. */
  machines: z.record(name, z.unknown()).optional(),
});
export type FeedLine = z.infer<typeof FeedLine>;
/** A line as it is kept: charts by kind instead of definitions. */
export type Moment = Omit<FeedLine, "machines"> & { readonly charts?: Readonly<Record<string, string>> };
export type FeedStep = z.infer<typeof Step>;

export const feedFile = (runFolder: string): string => join(runFolder, "feed.jsonl");

/** Undefined for a torn or foreign line. */
export const parseFeedLine = (line: string): FeedLine | undefined => {
  try {
    return FeedLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
};
