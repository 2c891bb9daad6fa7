/** Messages about the external anchor and the LoRA queue. */
import { z } from "zod";
import type * as Parts from "./message-parts.ts";

/** Made of the parts that the messages share. */
export const trainingSchemas = ({ count, message, name, reading, share, text }: typeof Parts) => ({
  "anchor.requested": message("anchor.requested", {
    request: name,
    round: count,
    model: name,
    adapter: count,
    /** A second version to measure on the same problems with the same examples. */
    against: count.optional(),
    purpose: z.enum(["baseline", "anchor", "gate"]),
  }),
  "anchor.measured": message("anchor.measured", {
    request: name,
    round: count,
    model: name,
    adapter: count,
    purpose: z.enum(["baseline", "anchor", "gate"]),
    ...reading,
    against: z.object({ adapter: count, ...reading }).optional(),
  }),
  "anchor.missed": message("anchor.missed", { request: name, model: name, cause: text }),
  /** No round opens any more. `epoch`: how many records the sender began with, which differs in every life of the run. */
  "play.ended": message("play.ended", { epoch: count }),
  /** The answer of the trainer: all jobs that it has requested have ended, and it requests no more. */
  "training.closed": message("training.closed", { epoch: count }),
  "training.requested": message("training.requested", {
    job: name,
    model: name,
    /** Jobs that train on the same buffer have the same generation. */
    generation: count,
    /** Version the job continues from (0: the base model), and the version it produces. */
    previous: count,
    version: count,
    /** Version in force, with which the gate compares; undefined if it is `previous`. */
    against: count.optional(),
    /** Ids of the admitted solutions to train on. */
    samples: z.array(name),
    /** Ids of the verdicts, ballots and explanations to train on as well. */
    rehearsal: z.array(text).optional(),
  }),
  "training.progressed": message("training.progressed", {
    job: name,
    model: name,
    state: name,
    step: count,
    steps: count,
    loss: z.number(),
    /** Training slot of the job's latest lease; undefined before the first. */
    slot: count.optional(),
    /** The cause of an earlier failure, if any. */
    cause: text.optional(),
  }),
  "training.failed": message("training.failed", {
    job: name,
    model: name,
    version: count,
    cause: text,
    /** Folder of finished weights that the gate could not measure: the next job of the model continues from it. */
    folder: text.optional(),
  }),
  "adapter.rejected": message("adapter.rejected", {
    job: name,
    model: name,
    version: count,
    /** The gate's measurement; undefined if an operator rejected the adapter before there was one. */
    before: share.optional(),
    after: share.optional(),
    cause: text,
  }),
  "adapter.published": message("adapter.published", {
    job: name,
    model: name,
    version: count,
    folder: text,
    /** The gate's measurement; undefined if the gate is off. */
    before: share.optional(),
    after: share.optional(),
    /** Undefined if the training was already finished after a restart [nats]. */
    loss: z.number().optional(),
  }),
  "adapter.withdrawn": message("adapter.withdrawn", {
    ...{ model: name, version: count, restored: count, cause: text },
  }),
});
