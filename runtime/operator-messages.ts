/**
 * What an operator does to a run: the person at its page or command line.
 *
 * 1. An act is recorded before it takes effect, with who did it and when.
 * 2. Only `operator` sends these (runtime/wire/sender.ts); over a NATS server with keys, only the keys of the operator
 *    and of the host may.
 */
import { z } from "zod";
import type * as Parts from "./message-parts.ts";

/** Made of the parts that the messages share. */
export const operatorSchemas = ({
  acted,
  Components,
  count,
  message,
  name,
  Strategy,
  text,
}: typeof Parts) => ({
  /** This run began as a copy of another one's records; what was set there no longer applies. */
  "run.forked": message("run.forked", {
    ...acted,
    /** The other run, and how many of its records were copied. */
    parent: name,
    records: count,
    /** Keys of the configuration that differ from the other run's, as key=value. */
    changed: z.array(text),
  }),
  /** No round opens until the run is resumed or stepped; questions under way are played out, and training goes on. */
  "operator.paused": message("operator.paused", acted),
  "operator.resumed": message("operator.resumed", acted),
  /** One round is played, and none after it. */
  "operator.stepped": message("operator.stepped", acted),
  /** The run stops as at Ctrl-C; it can be continued. */
  "operator.stopped": message("operator.stopped", acted),
  /** Applies from the next round that opens. */
  "operator.set": message("operator.set", {
    ...acted,
    difficulty: z.number().optional(),
    strategy: Strategy.optional(),
    components: Components.optional(),
  }),
  /** A person's question to the society: it is played beside the rounds. */
  "operator.asked": message("operator.asked", {
    ...acted,
    question: name,
    text,
    /** The most that the whole question may take [s]. */
    seconds: z.number().positive(),
  }),
  /** The model's adapter that is being made is not published. */
  "operator.rejected": message("operator.rejected", { ...acted, model: name }),
  /** The model goes back to the weights before those in force. */
  "operator.withdrew": message("operator.withdrew", { ...acted, model: name }),
  /** Another run was made from this one's records. */
  "operator.forked": message("operator.forked", { ...acted, fork: name, changed: z.array(text) }),
});

/** Each act is recorded once. */
export const operatorKey = (candidate: {
  readonly type: string;
  readonly act?: string;
}): string | undefined => {
  if (candidate.type === "run.forked") return `run.forked:${candidate.act}`;
  return candidate.type.startsWith("operator.") ? `operator:${candidate.act}` : undefined;
};
