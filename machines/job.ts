/**
 * One LoRA job: queued → leasing → training → gating → publishing → done | failed | rejected;
 * training → retrying → leasing.
 *
 * 1. A job's outcome is one durable message; it is believed ended only when that has been written.
 * 2. The lease is held exactly while training: leaving `training` in any way gives it back.
 * 3. Training that fails, or is not heard of for too long, is tried again within the budget of attempts, after a
 *    pause that doubles each time, unless its failure is permanent. The effect makes a finished training final (an
 *    adapter folder exists whole or not at all), so a restarted job never trains twice.
 * 4. No adapter is published that the gate has not measured, while the anchor is switched on.
 */
import { assign, fromPromise, sendParent, setup } from "xstate";
import type { Draft, Message, MessageOf } from "../runtime/messages.ts";
import { gateRefusal, type Standard, standardOf } from "./gate.ts";
import type { Settings } from "./settings.ts";
import { causeOf } from "./task.ts";

export interface TrainingExample {
  readonly question: string;
  readonly text: string;
  readonly response: string;
  /** The few-shot context to train in; empty is zero-shot. */
  readonly examples: string;
}

export interface JobInput {
  readonly settings: Settings;
  readonly requested: MessageOf<"training.requested">;
  readonly examples: readonly TrainingExample[];
  readonly round: number;
  /** Tells this life of the trainer from earlier ones: a reading is asked for anew after a restart. */
  readonly epoch: number;
}

export interface Lease {
  readonly slot: number;
}

export interface Trained {
  readonly folder: string;
  readonly loss: number | undefined;
}

interface Context extends JobInput {
  readonly attempt: number;
  readonly slot: number;
  readonly trained: Trained;
  /** Accuracies of the weights in force and of the candidate, taken side by side. */
  readonly before: Standard;
  readonly after: Standard;
  readonly cause: string;
}

export type JobEnded = { readonly type: "job.ended"; readonly job: string };

const progress = ({ requested: { job, model }, cause }: Context, state: string): Draft => ({
  type: "training.progressed",
  ...{ job, model, state, step: 0, steps: 0, loss: 0 },
  ...(state === "retrying" ? { cause } : {}),
});

const hasAttempts = ({ attempt, settings }: Context): boolean => attempt + 1 < settings.jobAttempts;

/** Trying again cannot mend it: `permanent` of a TrainingError (runtime/training.ts). */
const isPermanent = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "permanent" in error && error.permanent === true;

/** Before the first retry, doubled for each later one [s]. */
const backoffOf = ({ settings, attempt }: Context): number =>
  settings.jobBackoffSeconds * 2 ** Math.max(0, attempt - 1);

/** How long a reading (anchor.ts), or training without a step, may take [s]. */
const patienceOf = ({ settings }: Context): number => settings.phaseTimeoutSeconds * 6;

const requestOf = ({ requested, epoch }: Context): string => `gate:${requested.job}:${epoch}`;

const base = setup({
  types: { context: {} as Context, input: {} as JobInput, events: {} as Message },
  actors: {
    /** Resolves with a free slot; aborting leaves the queue. */
    lease: fromPromise<Lease, { readonly job: string; readonly model: string }>(() =>
      Promise.reject(new Error("no effect provided")),
    ),
    train: fromPromise<Trained, JobInput & { readonly slot: number }>(() =>
      Promise.reject(new Error("no effect provided")),
    ),
  },
  actions: {
    publish: (_, _drafts: readonly Draft[]) => {},
    /** Gives the slot back; harmless where it has been given back already. */
    release: (_, _lease: { readonly job: string }) => {},
  },
  delays: {
    patience: ({ context }) => patienceOf(context) * 1000,
    backoff: ({ context }) => backoffOf(context) * 1000,
  },
});

const askGate = base.enqueueActions(({ context, enqueue }) => {
  const { model, version: adapter, previous: against } = context.requested;
  const reading = { request: requestOf(context), round: context.round, model, adapter, against };
  enqueue({ type: "publish", params: [{ type: "anchor.requested", ...reading, purpose: "gate" }] });
});

const say = (state: string) =>
  base.enqueueActions(({ context, enqueue }) =>
    enqueue({ type: "publish", params: [progress(context, state)] }),
  );

const publishAdapter = base.enqueueActions(({ context, enqueue }) => {
  const { requested, trained, before, after } = context;
  const { job, model, version } = requested;
  const published: Draft = {
    type: "adapter.published",
    ...{ job, model, version, folder: trained.folder, loss: trained.loss },
    ...{ before: before.zeroShot, after: after.zeroShot },
  };
  enqueue({ type: "publish", params: [published] });
});

const reject = base.enqueueActions(({ context, enqueue }) => {
  const { requested, before, after, cause } = context;
  const { job, model, version } = requested;
  const accuracies = { before: before.zeroShot, after: after.zeroShot };
  enqueue({
    type: "publish",
    params: [{ type: "adapter.rejected", job, model, version, ...accuracies, cause }],
  });
});

const fail = base.enqueueActions(({ context: { requested, cause }, enqueue }) => {
  const { job, model, version } = requested;
  enqueue({ type: "publish", params: [{ type: "training.failed", job, model, version, cause }] });
});

const isReading = (context: Context, event: Message): boolean =>
  (event.type === "anchor.measured" || event.type === "anchor.missed") &&
  event.request === requestOf(context);

/** What the gate lacks. */
const gapOf = (event: Message): string => {
  if (event.type === "anchor.missed") return event.cause;
  return event.type === "anchor.measured" ? "no reading of the weights in force" : "no reply in time";
};

const refusalOf = ({ settings }: Context, event: Message): string | undefined =>
  event.type === "anchor.measured" && event.against
    ? gateRefusal(standardOf(event.against), standardOf(event), settings.anchorTolerance)
    : undefined;

const stages = base.extend({
  guards: {
    isUngated: ({ context }) => !context.settings.externalAnchor,
    isReading: ({ context, event }) => isReading(context, event),
    isCompared: ({ context, event }) =>
      isReading(context, event) && event.type === "anchor.measured" && event.against !== undefined,
    isRefused: ({ context, event }) => isReading(context, event) && refusalOf(context, event) !== undefined,
    canRetry: ({ context }) => hasAttempts(context),
    isStep: ({ context, event }) =>
      event.type === "training.progressed" && event.job === context.requested.job && event.step > 0,
    isOutcome: ({ context, event }) => "job" in event && event.job === context.requested.job,
  },
  actions: {
    publishAdapter,
    reject,
    fail,
    askGate,
    sayQueued: say("queued"),
    sayLeasing: say("leasing"),
    sayTraining: say("training"),
    sayRetrying: say("retrying"),
    sayGating: say("gating"),
    keepReading: assign(({ context, event }) => {
      if (event.type !== "anchor.measured") return {};
      const before = event.against ? standardOf(event.against) : context.before;
      return { before, after: standardOf(event), cause: refusalOf(context, event) ?? "" };
    }),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    blameGate: assign(({ event }) => ({ cause: `the gate could not measure: ${gapOf(event)}` })),
    blameStall: assign(({ context }) => ({ cause: `no training step within ${patienceOf(context)} s` })),
    reportEnd: sendParent(({ context }): JobEnded => ({ type: "job.ended", job: context.requested.job })),
  },
});

const release = {
  type: "release",
  params: ({ context }: { context: Context }) => ({ job: context.requested.job }),
} as const;

export const jobMachine = stages.createMachine({
  id: "job",
  context: ({ input }) => ({
    ...input,
    attempt: 0,
    slot: 0,
    trained: { folder: "", loss: undefined },
    before: { zeroShot: 0, eliteShot: 0 },
    after: { zeroShot: 0, eliteShot: 0 },
    cause: "",
  }),
  initial: "queued",
  states: {
    queued: { entry: "sayQueued", always: "leasing" },
    leasing: {
      entry: "sayLeasing",
      invoke: {
        id: "lease",
        src: "lease",
        input: ({ context: { requested } }) => ({ job: requested.job, model: requested.model }),
        onDone: { target: "training", actions: assign({ slot: ({ event }) => event.output.slot }) },
        onError: { target: "failed", actions: assign({ cause: ({ event }) => causeOf(event.error) }) },
      },
    },
    training: {
      entry: "sayTraining",
      exit: release,
      invoke: {
        id: "train",
        src: "train",
        input: ({ context }) => context,
        onDone: { target: "gating", actions: assign({ trained: ({ event }) => event.output }) },
        onError: [
          {
            guard: ({ context, event }) => hasAttempts(context) && !isPermanent(event.error),
            target: "retrying",
            actions: ["countAttempt", assign({ cause: ({ event }) => causeOf(event.error) })],
          },
          { target: "failed", actions: assign({ cause: ({ event }) => causeOf(event.error) }) },
        ],
      },
      initial: "stepping",
      states: {
        stepping: {
          on: { "training.progressed": { guard: "isStep", target: "stepping", reenter: true } },
          after: {
            patience: [
              { guard: "canRetry", target: "#retrying", actions: ["countAttempt", "blameStall"] },
              { target: "#failed", actions: "blameStall" },
            ],
          },
        },
      },
    },
    retrying: { id: "retrying", entry: "sayRetrying", after: { backoff: "leasing" } },
    gating: {
      entry: "sayGating",
      initial: "deciding",
      states: {
        deciding: { always: [{ guard: "isUngated", target: "#publishing" }, { target: "measuring" }] },
        measuring: {
          entry: "askGate",
          on: {
            "anchor.measured": [
              { guard: "isRefused", target: "#rejected", actions: "keepReading" },
              { guard: "isCompared", target: "#publishing", actions: "keepReading" },
              { guard: "isReading", target: "#failed", actions: "blameGate" },
            ],
            "anchor.missed": { guard: "isReading", target: "#failed", actions: "blameGate" },
          },
          after: { patience: { target: "#failed", actions: "blameGate" } },
        },
      },
    },
    publishing: {
      id: "publishing",
      entry: "publishAdapter",
      on: { "adapter.published": { guard: "isOutcome", target: "done" } },
    },
    rejected: {
      id: "rejected",
      entry: "reject",
      on: { "adapter.rejected": { guard: "isOutcome", target: "done" } },
    },
    failed: {
      id: "failed",
      entry: "fail",
      on: { "training.failed": { guard: "isOutcome", target: "done" } },
    },
    done: { type: "final", entry: "reportEnd" },
  },
});
