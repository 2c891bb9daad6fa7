/**
 * One LoRA job: leasing → (draining → sleeping →) training (→ waking) → loading → gating → publishing →
 * done | failed | rejected, or (waking →) retrying → leasing. The states in brackets occur if servers share the slot's
 * GPU: serving and training take turns.
 *
 * 1. A job's outcome is one durable message; the job has ended when that is recorded.
 * 2. The lease is held while training, and on a shared GPU until the gate has measured, because the GPU serves then.
 *    Every way out of these states releases it.
 * 3. Training that fails, or reports no step for too long, is tried again after a pause that doubles each time, as
 *    often as the attempts allow and unless the failure is permanent. An adapter folder exists only when it is
 *    complete, so a restarted job never trains twice.
 * 4. Every path on which a server was drained or sent to sleep leads through `waking`: no failure leaves it asleep.
 * 5. An adapter is published only after a probe shows that its endpoint applies it and, if the gate is on, after the
 *    gate has measured it. Other adapters are unloaded.
 * 6. A failed reading of the gate is requested again, as often as training is tried. If it stays missing, the job
 *    fails and names its finished weights; the model's next job continues from them.
 * 7. The gate compares with the version in force: if that is withdrawn while it measures, it measures again.
 * 8. An operator may refuse the adapter until it is published: the job ends as rejected, after its servers are awake.
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
  isOrder,
  isPermanent,
  isReading,
  type JobContext,
  type JobInput,
  type Lease,
  patienceOf,
  refusalOf,
  replacedBy,
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
    /** Resolves with a free slot; an abort leaves the queue. */
    lease: fromPromise<Lease, { readonly job: string; readonly model: string }>(() =>
      Promise.reject(new Error("no effect provided")),
    ),
    train: fromPromise<Trained, JobInput & { readonly slot: number }>(() =>
      Promise.reject(new Error("no effect provided")),
    ),
    /** Resolves when the servers on the slot's GPU have no calls and get no new ones. */
    drain: fromPromise<void, Turn>(async () => {}),
    /** Resolves when those servers have freed the GPU. */
    sleep: fromPromise<void, Turn>(async () => {}),
    /** Resolves when they serve again. */
    wake: fromPromise<void, Turn>(async () => {}),
    /** Resolves when the endpoint serves the new version and a probe shows that it applies it. */
    load: fromPromise<void, Candidate>(async () => {}),
  },
  actions: {
    /** Sends a message to the group through the trainer. */
    tell: sendParent((_, draft: Draft): JobReported => ({ type: "job.reported", draft })),
    /** Releases the slot; does nothing if it is free already. */
    release: (_, _lease: { readonly job: string }) => {},
    /** Unloads a version that is not published; does nothing if it was never loaded. Ends its training elsewhere. */
    discard: (_, _discarded: Candidate & { readonly job: string; readonly cause: string }) => {},
  },
  delays: {
    patience: ({ context }) => patienceOf(context) * 1000,
    backoff: ({ context }) => backoffOf(context, context.attempt) * 1000,
    gateBackoff: ({ context }) => backoffOf(context, context.missed) * 1000,
  },
});

/** Sends a message about the job. */
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
    isOrder: ({ context, event }) => isOrder(context, event),
    isSharedOrder: ({ context, event }) => isShared(context) && isOrder(context, event),
    isRefusedAlready: ({ context }) => context.refusedBy !== undefined,
    isOwn: ({ context, event }) => "model" in event && event.model === context.requested.model,
    isOutcome: ({ context, event }) => "job" in event && event.job === context.requested.job,
  },
  actions: {
    publishAdapter: telling(published),
    reject: telling(rejected),
    fail: telling(failed),
    askGate: telling((context) => gateRequested(context, requestOf(context))),
    /** A GPU without servers is free for the next job as soon as training ends. */
    releaseUnshared: giveBack((context) => !isShared(context)),
    releaseShared: giveBack(isShared),
    /** A lease may have been granted that the job has not heard of yet. */
    releaseAny: giveBack(() => true),
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
    countMissed: assign({
      missed: ({ context }) => context.missed + 1,
      reading: ({ context }) => context.reading + 1,
    }),
    fallBack: assign(({ context, event }) =>
      event.type === "adapter.withdrawn" ? { inForce: event.restored, reading: context.reading + 1 } : {},
    ),
    keepReading: assign(({ context, event }) => {
      if (event.type !== "anchor.measured") return {};
      const before = event.against ? standardOf(event.against) : context.before;
      return { before, after: standardOf(event), cause: refusalOf(context, event) ?? "" };
    }),
    heed: assign(({ context, event }) => {
      const refusedBy = event.type === "operator.rejected" ? event.operator : context.refusedBy;
      return { refusedBy, cause: `rejected by ${refusedBy}` };
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
  params: ({ context: { requested, cause } }: { context: JobContext }) => ({
    ...{ model: requested.model, version: requested.version, job: requested.job, cause },
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

/** What an operator's refusal leads to. */
const refused = { guard: "isOrder", target: "#rejected", actions: "heed" } as const;
const refusedAsleep = { guard: "isOrder", target: "waking", actions: "heed" } as const;

const withdrawn = { guard: "isOwn", actions: "fallBack" } as const;

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
    inForce: input.inForce ?? replacedBy(input.requested),
    missed: 0,
    reading: 0,
    before: undefined,
    after: undefined,
    cause: "",
    permanent: false,
  }),
  entry: "sayQueued",
  initial: "leasing",
  on: { "adapter.withdrawn": withdrawn },
  states: {
    leasing: {
      entry: "sayLeasing",
      always: { guard: "isRefusedAlready", target: "rejected", actions: "heed" },
      on: { "operator.rejected": { ...refused, actions: ["heed", "releaseAny"] } },
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
      on: { "operator.rejected": refusedAsleep },
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
      on: { "operator.rejected": refusedAsleep },
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
      on: {
        "operator.rejected": [{ guard: "isSharedOrder", target: "waking", actions: "heed" }, refused],
      },
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
      on: { "operator.rejected": { guard: "isOrder", actions: "heed" } },
      invoke: {
        id: "wake",
        src: "wake",
        input: turn,
        onDone: [
          { guard: "isRefusedAlready", target: "rejected" },
          { guard: "isTrained", target: "loading" },
          { guard: "canRetry", target: "retrying", actions: again },
          { target: "failed" },
        ],
        onError: { target: "failed", actions: blame },
      },
      after: { patience: { target: "failed", actions: late("waking") } },
    },
    retrying: {
      id: "retrying",
      entry: "sayRetrying",
      on: { "operator.rejected": refused },
      after: { backoff: "leasing" },
    },
    loading: {
      entry: "sayLoading",
      on: { "operator.rejected": refused },
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
      on: { "operator.rejected": refused },
      initial: "measuring",
      states: {
        measuring: {
          entry: "askGate",
          on: {
            "adapter.withdrawn": { ...withdrawn, target: "measuring", reenter: true },
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
