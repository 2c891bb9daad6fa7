/**
 * The feed in `feed.jsonl` holds data that the journal does not: the agents' states and the arrows taken, the training
 * steps, the busiest message flows, and the times of the messages about questions, one line of JSON per second. It is
 * optional: without it, or with incomplete lines, only these data are missing.
 */
import { join } from "node:path";
import { z } from "zod";

const name = z.string().min(1).max(300);

/** Time, job, model, state, step, steps, loss and, if known, slot; see `training.progressed`. */
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

/** Sender, receiver, message type and the number of messages per second. */
const FlowCount = z.tuple([name, name, name, z.number()]);

export const FeedLine = z.object({
  at: z.number(),
  /** Innermost active states of the agents whose states have changed. */
  states: z.record(name, z.array(z.string())).optional(),
  /** Number of short-lived actors in each innermost state, by kind. */
  crowds: z.record(name, z.record(z.string(), z.number())).optional(),
  progress: z.array(Step).optional(),
  /** Ids of the arrows that agents and crowds took last: as observed, or the only ones that lead to their states. */
  taken: z.record(name, z.array(z.string())).optional(),
  /** The messages about each question that has ended, with their times; see told.ts. */
  told: z.record(name, z.string()).optional(),
  /** How often a crowd took each arrow since the last line, while a page is open. */
  passed: z.record(name, z.record(z.string(), z.number())).optional(),
  /** The busiest message flows of the last seconds, in every few lines. */
  flows: z.array(FlowCount).optional(),
  /** Definitions of short-lived actors by kind, written when the first one appears. */
  machines: z.record(name, z.unknown()).optional(),
});
export type FeedLine = z.infer<typeof FeedLine>;
/** A feed line in memory: chart ids by kind instead of definitions, without what single questions need. */
export type Moment = Omit<FeedLine, "machines" | "told"> & {
  readonly charts?: Readonly<Record<string, string>>;
};
export type FeedFlow = z.infer<typeof FlowCount>;
export type FeedStep = z.infer<typeof Step>;

export const feedFile = (runFolder: string): string => join(runFolder, "feed.jsonl");

/** Undefined for an incomplete or invalid line. */
export const parseFeedLine = (line: string): FeedLine | undefined => {
  try {
    return FeedLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
};
