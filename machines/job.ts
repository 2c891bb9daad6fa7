/**
 * One LoRA job: queued → leasing → (draining → sleeping →) training (→ waking) → loading → gating → publishing →
 * done | failed | rejected, or (waking →) retrying → leasing. In brackets: the turn that servers take with training
 * where both share the slot's GPU.
 *
 * 1. A job's outcome is one durable message; it is believed ended only when that has been written.
 * 2. The lease is held while training; where servers share the GPU until the gate has measured, since the GPU
 *    serves then. Leaving it in any way gives it back.
 * 3. Training that fails, or is not heard of for too long, is tried again within the budget of attempts, after a
 *    pause that doubles each time, unless its failure is permanent. The effect makes a finished training final (an
 *    adapter folder exists whole or not at all), so a restarted job never trains twice.
 * 4. Whatever has drained or put a server to sleep leads through `waking`: no failure leaves a server asleep.
 * 5. No adapter is published that its endpoint has not been seen to apply, nor, while the gate is switched on,
 *    one that it has not measured. One that is not published is dropped again.
 * 6. A reading that the gate misses is asked for again, as often as a training is tried. Where it cannot be taken
 *    the job fails and names its finished weights, which the model's next job goes on from.
 */
import { assign, fromPromise, sendParent, setup } from "xstate";
import type { Draft, Message, MessageOf } from "../runtime/messages.ts";
import type { TrainingExample } from "./folds/example.ts";
import { gateRefusal, type Standard, standardOf } from "./folds/gate.ts";
import { failed, gateRequested, progressed, published, rejected, unmeasured } from "./job-report.ts";
import type { Settings } from "./settings.ts";
import { causeOf } from "./task.ts";

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
  /** Whether servers on the slot's GPU have to sleep while it trains. Default: none does. */
  readonly shared?: boolean;
}

/** A slot whose GPU changes hands. */
export interface Turn {
  readonly job: string;
  readonly slot: number;
}

export interface Candidate {
  readonly model: string;
  readonly version: number;
}

export interface Trained {
  readonly folder: string;
  readonly loss: number | undefined;
}

export interface Context extends JobInput {
  readonly attempt: number;
  /** Of its newest lease; undefined before its first. */
  readonly slot: number | undefined;
  readonly shared: boolean;
  readonly trained: Trained | undefined;
  /** Readings of the gate that were asked for and missed. */
  readonly missed: number;
  /** Accuracies of the weights in force and of the candidate, taken side by side; undefined without the gate. */
  readonly before: Standard | undefined;
  readonly after: Standard | undefined;
  readonly cause: string;
  /** Trying again cannot mend the cause. */
  readonly permanent: boolean;
}

/** Whoever needs a slot has leased one: there is no other way into its state. */
const slotOf = ({ slot }: Context): number => slot ?? 0;

export type JobEnded = { readonly type: "job.ended"; readonly job: string };

const canRetry = ({ attempt, settings, permanent }: Context): boolean =>
  !permanent && attempt + 1 < settings.jobAttempts;

/** Trying again cannot mend it: `permanent` of a TrainingError (runtime/training.ts). */
const isPermanent = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "permanent" in error && error.permanent === true;

/** Before the first retry, doubled for each later one [s]. */
const backoffOf = ({ settings }: Context, failures: number): number =>
  settings.jobBackoffSeconds * 2 ** Math.max(0, failures - 1);

/** How long a reading (anchor.ts), or training without a step, may take [s]. */
const patienceOf = ({ settings }: Context): number => settings.phaseTimeoutSeconds * 6;

const requestOf = ({ requested, epoch, missed }: Context): string =>
  `gate:${requested.job}:${epoch}.${missed}`;

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
    /** Resolves once the servers of a slot's GPU have no call under way and are given none. */
    drain: fromPromise<void, Turn>(async () => {}),
    /** Resolves once those servers have freed the GPU. */
    sleep: fromPromise<void, Turn>(async () => {}),
    /** Resolves once they serve again, as before. */
    wake: fromPromise<void, Turn>(async () => {}),
    /** Resolves once the endpoint serves the new version and has been seen to apply it. */
    load: fromPromise<void, Candidate>(async () => {}),
  },
  actions: {
    publish: (_, _drafts: readonly Draft[]) => {},
    /** Gives the slot back; harmless where it has been given back already. */
    release: (_, _lease: { readonly job: string }) => {},
    /** Drops a version that is not published; harmless where it was never loaded. */
    discard: (_, _candidate: Candidate) => {},
  },
  delays: {
    patience: ({ context }) => patienceOf(context) * 1000,
    backoff: ({ context }) => backoffOf(context, context.attempt) * 1000,
    gateBackoff: ({ context }) => backoffOf(context, context.missed) * 1000,
  },
});

/** Publishes what the job says of itself. */
const tell = (draftOf: (context: Context) => Draft) =>
  base.enqueueActions(({ context, enqueue }) => enqueue({ type: "publish", params: [draftOf(context)] }));

const say = (state: string) => tell((context) => progressed(context, state));

const isShared = ({ shared }: Context): boolean => shared;

const giveBack = (when: (context: Context) => boolean) =>
  base.enqueueActions(({ context, enqueue }) => {
    if (when(context)) enqueue({ type: "release", params: { job: context.requested.job } });
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
  event.type === "anchor.measured" && event.against ? gateRefusal(event.against, event, settings) : undefined;

const stages = base.extend({
  guards: {
    isShared: ({ context }) => isShared(context),
    isTrained: ({ context }) => context.trained !== undefined,
    isUngated: ({ context }) => !context.settings.gate,
    isReading: ({ context, event }) => isReading(context, event),
    isCompared: ({ context, event }) =>
      isReading(context, event) && event.type === "anchor.measured" && event.against !== undefined,
    isRefused: ({ context, event }) => isReading(context, event) && refusalOf(context, event) !== undefined,
    canRetry: ({ context }) => canRetry(context),
    canAskAgain: ({ context: { missed, settings } }) => missed < settings.jobAttempts,
    isStep: ({ context, event }) =>
      event.type === "training.progressed" && event.job === context.requested.job && event.step > 0,
    isOutcome: ({ context, event }) => "job" in event && event.job === context.requested.job,
  },
  actions: {
    publishAdapter: tell(published),
    reject: tell(rejected),
    fail: tell(failed),
    askGate: tell((context) => gateRequested(context, requestOf(context))),
    /** A GPU that nobody shares is free for the next job as soon as training has ended. */
    releaseUnshared: giveBack((context) => !isShared(context)),
    releaseShared: giveBack(isShared),
    sayQueued: say("queued"),
    sayLeasing: say("leasing"),
    sayDraining: say("draining"),
    saySleeping: say("sleeping"),
    sayTraining: say("training"),
    sayWaking: say("waking"),
    sayLoading: say("loading"),
    sayRetrying: say("retrying"),
    sayGating: say("gating"),
    failUnmeasured: tell(unmeasured),
    countMissed: assign({ missed: ({ context }) => context.missed + 1 }),
    keepReading: assign(({ context, event }) => {
      if (event.type !== "anchor.measured") return {};
      const before = event.against ? standardOf(event.against) : context.before;
      return { before, after: standardOf(event), cause: refusalOf(context, event) ?? "" };
    }),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    hold: assign(({ event }) => {
      const { slot, shared = false } = (event as unknown as { readonly output: Lease }).output;
      return { slot, shared };
    }),
    blame: assign(({ event }) => {
      const { error } = event as { readonly error?: unknown };
      return { cause: causeOf(error), permanent: isPermanent(error) };
    }),
    blameTurn: assign(({ context }, { state }: { readonly state: string }) => ({
      cause: `${state} took more than ${patienceOf(context)} s`,
    })),
    blameGate: assign(({ event }) => ({ cause: `the gate could not measure: ${gapOf(event)}` })),
    blameStall: assign(({ context }) => ({ cause: `no training step within ${patienceOf(context)} s` })),
    reportEnd: sendParent(({ context }): JobEnded => ({ type: "job.ended", job: context.requested.job })),
  },
});

const discard = {
  type: "discard",
  params: ({ context: { requested } }: { context: Context }) => ({
    model: requested.model,
    version: requested.version,
  }),
} as const;

const turn = ({ context }: { context: Context }): Turn => ({
  job: context.requested.job,
  slot: slotOf(context),
});

const late = (state: string) => ({ type: "blameTurn", params: { state } }) as const;

export const jobMachine = stages.createMachine({
  id: "job",
  context: ({ input }) => ({
    ...input,
    attempt: 0,
    slot: undefined,
    shared: false,
    trained: undefined,
    missed: 0,
    before: undefined,
    after: undefined,
    cause: "",
    permanent: false,
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
        onDone: [
          { guard: ({ event }) => event.output.shared === true, target: "draining", actions: "hold" },
          { target: "training", actions: "hold" },
        ],
        onError: { target: "failed", actions: "blame" },
      },
    },
    draining: {
      entry: "sayDraining",
      invoke: {
        id: "drain",
        src: "drain",
        input: turn,
        onDone: "sleeping",
        onError: { target: "waking", actions: "blame" },
      },
      after: { patience: { target: "waking", actions: late("draining") } },
    },
    sleeping: {
      entry: "saySleeping",
      invoke: {
        id: "sleep",
        src: "sleep",
        input: turn,
        onDone: "training",
        onError: { target: "waking", actions: "blame" },
      },
      after: { patience: { target: "waking", actions: late("falling asleep") } },
    },
    training: {
      entry: "sayTraining",
      exit: "releaseUnshared",
      invoke: {
        id: "train",
        src: "train",
        input: ({ context }) => ({ ...context, slot: slotOf(context) }),
        onDone: { target: "trained", actions: assign({ trained: ({ event }) => event.output }) },
        onError: { target: "trained", actions: "blame" },
      },
      initial: "stepping",
      states: {
        stepping: {
          on: { "training.progressed": { guard: "isStep", target: "stepping", reenter: true } },
          after: {
            patience: { target: "#job.trained", actions: "blameStall" },
          },
        },
      },
    },
    /** Well or not. */
    trained: { always: [{ guard: "isShared", target: "waking" }, { target: "turned" }] },
    waking: {
      entry: "sayWaking",
      invoke: {
        id: "wake",
        src: "wake",
        input: turn,
        onDone: "turned",
        onError: { target: "failed", actions: "blame" },
      },
      after: { patience: { target: "failed", actions: late("waking") } },
    },
    turned: {
      always: [
        { guard: "isTrained", target: "loading" },
        { guard: "canRetry", target: "retrying", actions: ["releaseShared", "countAttempt"] },
        { target: "failed" },
      ],
    },
    retrying: { id: "retrying", entry: "sayRetrying", after: { backoff: "leasing" } },
    loading: {
      entry: "sayLoading",
      invoke: {
        id: "load",
        src: "load",
        input: ({ context: { requested } }) => ({ model: requested.model, version: requested.version }),
        onDone: "gating",
        onError: { target: "failed", actions: "blame" },
      },
      after: { patience: { target: "failed", actions: late("loading") } },
    },
    gating: {
      id: "gating",
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
              { guard: "isReading", target: "missing", actions: "blameGate" },
            ],
            "anchor.missed": { guard: "isReading", target: "missing", actions: "blameGate" },
          },
          after: { patience: { target: "missing", actions: "blameGate" } },
        },
        missing: {
          entry: "countMissed",
          always: [{ guard: "canAskAgain", target: "pausing" }, { target: "#unmeasured" }],
        },
        pausing: { entry: "sayRetrying", after: { gateBackoff: { target: "#gating", reenter: true } } },
      },
    },
    publishing: {
      id: "publishing",
      entry: ["releaseShared", "publishAdapter"],
      on: { "adapter.published": { guard: "isOutcome", target: "done" } },
    },
    rejected: {
      id: "rejected",
      entry: ["releaseShared", discard, "reject"],
      on: { "adapter.rejected": { guard: "isOutcome", target: "done" } },
    },
    unmeasured: {
      id: "unmeasured",
      entry: ["releaseShared", discard, "failUnmeasured"],
      on: { "training.failed": { guard: "isOutcome", target: "done" } },
    },
    failed: {
      id: "failed",
      entry: ["releaseShared", discard, "fail"],
      on: { "training.failed": { guard: "isOutcome", target: "done" } },
    },
    done: { type: "final", entry: "reportEnd" },
  },
});
