/** The messages of a LoRA job: every state it enters, its request to the gate, and its one outcome. */
import type { Draft, MessageOf } from "../runtime/messages.ts";
import type { Standard } from "./folds/gate.ts";

interface Job {
  readonly requested: MessageOf<"training.requested">;
  readonly round: number;
  readonly inForce: number;
  readonly trained: { readonly folder: string; readonly loss: number | undefined } | undefined;
  /** Accuracies of the weights in use and of the candidate; undefined if nothing was measured. */
  readonly before: Standard | undefined;
  readonly after: Standard | undefined;
  readonly missed: number;
  readonly cause: string;
  /** Slot of the newest lease. */
  readonly slot: number | undefined;
}

/** The cause of the last failure is reported while the job waits for its next attempt. */
export const progressed = ({ requested: { job, model }, cause, slot }: Job, state: string): Draft => ({
  type: "training.progressed",
  ...{ job, model, state, step: 0, steps: 0, loss: 0 },
  ...(slot === undefined ? {} : { slot }),
  ...(state === "retrying" ? { cause } : {}),
});

/** Measures the candidate and the weights in use on the same problems. */
export const gateRequested = ({ requested, round, inForce: against }: Job, request: string): Draft => {
  const { model, version: adapter } = requested;
  return { type: "anchor.requested", request, round, model, adapter, against, purpose: "gate" };
};

export const published = ({ requested: { job, model, version }, trained, before, after }: Job): Draft => ({
  type: "adapter.published",
  ...{ job, model, version, folder: trained?.folder ?? "", loss: trained?.loss },
  ...(before && after ? { before: before.zeroShot, after: after.zeroShot } : {}),
});

export const rejected = ({ requested: { job, model, version }, before, after, cause }: Job): Draft => ({
  type: "adapter.rejected",
  ...{ job, model, version, cause },
  ...(before && after ? { before: before.zeroShot, after: after.zeroShot } : {}),
});

export const failed = ({ requested: { job, model, version }, cause }: Job): Draft => ({
  type: "training.failed",
  ...{ job, model, version, cause },
});

/** The training is not lost: the message names the folder of the weights, and a later job continues from them. */
export const unmeasured = ({ requested: { job, model, version }, trained, missed, cause }: Job): Draft => {
  const folder = trained?.folder ?? "";
  const kept = `the finished weights stay in ${folder} and the next job of ${model} continues from them`;
  const fix = `expected a reading of ${model}; see that its endpoint answers, or publish without measuring (gate: false)`;
  const text = `${cause} (${missed} tries); ${kept}; ${fix}`;
  return { type: "training.failed", job, model, version, cause: text, folder };
};
