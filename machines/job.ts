/**
 * One LoRA job: leasing → (draining → sleeping →) training (→ waking) → loading → gating → publishing →
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
import type { Draft, Message } from "../runtime/messages.ts";
import { standardOf } from "./folds/gate.ts";
import {
  backoffOf,
  type Candidate,
  canAskAgain,
  canRetry,
  gapOf,
  isPermanent,
  isReading,
  type JobContext,
  type JobInput,
  type Lease,
  patienceOf,
  refusalOf,
  requestOf,
  slotOf,
  type Trained,
  type Turn,
} from "./job-facts.ts";
import { failed, gateRequested, progressed, published, rejected, unmeasured } from "./job-report.ts";
import { causeOf, errorOf } from "./work-order.ts";

export type { Candidate, JobInput, Lease, Trained, Turn } from "./job-facts.ts";

/** To the trainer. */
export type JobReported = { readonly type: "job.reported"; readonly draft: Draft };
export type JobEnded = { readonly type: "job.ended"; readonly job: string };

const base = setup({
  types: { context: {} as JobContext, input: {} as JobInput, events: {} as Message },
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
    /** Says something to the group, through the trainer. */
    tell: sendParent((_, draft: Draft): JobReported => ({ type: "job.reported", draft })),
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

/** What the job says of itself. */
const telling = (draftOf: (context: JobContext) => Draft) =>
  base.enqueueActions(({ context, enqueue }) => enqueue({ type: "tell", params: draftOf(context) }));

const say = (state: string) => telling((context) => progressed(context, state));

const isShared = ({ shared }: JobContext): boolean => shared;

const giveBack = (when: (context: JobContext) => boolean) =>
  base.enqueueActions(({ context, enqueue }) => {
    if (when(context)) enqueue({ type: "release", params: { job: context.requested.job } });
  });

const jobSetup = base.extend({
  guards: {
    isShared: ({ context }) => isShared(context),
    leasesShared: (_, { shared = false }: Lease) => shared,
    isTrained: ({ context }) => context.trained !== undefined,
    isUngated: ({ context }) => !context.settings.gate,
    isReading: ({ context, event }) => isReading(context, event),
    isReadingAgain: ({ context, event }) => isReading(context, event) && canAskAgain(context),
    isCompared: ({ context, event }) =>
      isReading(context, event) && event.type === "anchor.measured" && event.against !== undefined,
    isRefused: ({ context, event }) => isReading(context, event) && refusalOf(context, event) !== undefined,
    canRetry: ({ context }) => canRetry(context),
    canMend: ({ context }, error: unknown) => canRetry(context) && !isPermanent(error),
    canAskAgain: ({ context }) => canAskAgain(context),
    isStep: ({ context, event }) =>
      event.type === "training.progressed" && event.job === context.requested.job && event.step > 0,
    isOutcome: ({ context, event }) => "job" in event && event.job === context.requested.job,
  },
  actions: {
    publishAdapter: telling(published),
    reject: telling(rejected),
    fail: telling(failed),
    askGate: telling((context) => gateRequested(context, requestOf(context))),
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
    failUnmeasured: telling(unmeasured),
    countMissed: assign({ missed: ({ context }) => context.missed + 1 }),
    keepReading: assign(({ context, event }) => {
      if (event.type !== "anchor.measured") return {};
      const before = event.against ? standardOf(event.against) : context.before;
      return { before, after: standardOf(event), cause: refusalOf(context, event) ?? "" };
    }),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    hold: assign((_, { slot, shared = false }: Lease) => ({ slot, shared })),
    keepWeights: assign((_, trained: Trained) => ({ trained })),
    blame: assign((_, error: unknown) => ({ cause: causeOf(error), permanent: isPermanent(error) })),
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
  params: ({ context: { requested } }: { context: JobContext }) => ({
    model: requested.model,
    version: requested.version,
  }),
} as const;

const turn = ({ context }: { context: JobContext }): Turn => ({
  job: context.requested.job,
  slot: slotOf(context),
});

const late = (state: string) => ({ type: "blameTurn", params: { state } }) as const;

const blame = { type: "blame", params: errorOf } as const;
const leased = ({ event }: { readonly event: { readonly output: Lease } }): Lease => event.output;
const kept = {
  type: "keepWeights",
  params: ({ event }: { readonly event: { readonly output: Trained } }) => event.output,
} as const;

const again = ["releaseShared", "countAttempt"] as const;
const missing = ["blameGate", "countMissed"] as const;

export const jobMachine = jobSetup.createMachine({
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
  entry: "sayQueued",
  initial: "leasing",
  states: {
    leasing: {
      entry: "sayLeasing",
      invoke: {
        id: "lease",
        src: "lease",
        input: ({ context: { requested } }) => ({ job: requested.job, model: requested.model }),
        onDone: [
          {
            guard: { type: "leasesShared", params: leased },
            target: "draining",
            actions: { type: "hold", params: leased },
          },
          { target: "training", actions: { type: "hold", params: leased } },
        ],
        onError: { target: "failed", actions: blame },
      },
    },
    draining: {
      entry: "sayDraining",
      invoke: {
        id: "drain",
        src: "drain",
        input: turn,
        onDone: "sleeping",
        onError: { target: "waking", actions: blame },
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
        onError: { target: "waking", actions: blame },
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
        onDone: [
          { guard: "isShared", target: "waking", actions: kept },
          { target: "loading", actions: kept },
        ],
        onError: [
          { guard: "isShared", target: "waking", actions: blame },
          {
            guard: { type: "canMend", params: errorOf },
            target: "retrying",
            actions: [blame, ...again],
          },
          { target: "failed", actions: blame },
        ],
      },
      initial: "stepping",
      states: {
        stepping: {
          on: { "training.progressed": { guard: "isStep", target: "stepping", reenter: true } },
          after: {
            patience: [
              { guard: "isShared", target: "#job.waking", actions: "blameStall" },
              { guard: "canRetry", target: "#retrying", actions: ["blameStall", ...again] },
              { target: "#failed", actions: "blameStall" },
            ],
          },
        },
      },
    },
    waking: {
      entry: "sayWaking",
      invoke: {
        id: "wake",
        src: "wake",
        input: turn,
        onDone: [
          { guard: "isTrained", target: "loading" },
          { guard: "canRetry", target: "retrying", actions: again },
          { target: "failed" },
        ],
        onError: { target: "failed", actions: blame },
      },
      after: { patience: { target: "failed", actions: late("waking") } },
    },
    retrying: { id: "retrying", entry: "sayRetrying", after: { backoff: "leasing" } },
    loading: {
      entry: "sayLoading",
      invoke: {
        id: "load",
        src: "load",
        input: ({ context: { requested } }) => ({ model: requested.model, version: requested.version }),
        onDone: [{ guard: "isUngated", target: "publishing" }, { target: "gating" }],
        onError: { target: "failed", actions: blame },
      },
      after: { patience: { target: "failed", actions: late("loading") } },
    },
    gating: {
      id: "gating",
      entry: "sayGating",
      initial: "measuring",
      states: {
        measuring: {
          entry: "askGate",
          on: {
            "anchor.measured": [
              { guard: "isRefused", target: "#rejected", actions: "keepReading" },
              { guard: "isCompared", target: "#publishing", actions: "keepReading" },
              { guard: "isReadingAgain", target: "pausing", actions: missing },
              { guard: "isReading", target: "#unmeasured", actions: missing },
            ],
            "anchor.missed": [
              { guard: "isReadingAgain", target: "pausing", actions: missing },
              { guard: "isReading", target: "#unmeasured", actions: missing },
            ],
          },
          after: {
            patience: [
              { guard: "canAskAgain", target: "pausing", actions: missing },
              { target: "#unmeasured", actions: missing },
            ],
          },
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
