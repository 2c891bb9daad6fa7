/**
 * Owns the buffer B_hq and the LoRA queue: parametric evolution (Eq. 3).
 *
 * 1. The buffer and the queue are a fold over durable messages (buffer.ts): a journal restores both. After a restart,
 *    jobs without an outcome start again; while the trainer runs, each job starts once.
 * 2. A job starts when its request has been recorded; a model has one job at a time.
 * 3. A full buffer is used for one generation: one job for every model, all on the newest `bufferThreshold` samples.
 *    Older samples wait, `mostWaiting` at most (buffer.ts). All jobs rehearse the same texts of the other roles
 *    (rehearsal.ts). With `trainAfter: round` a generation uses what waits once the last question of a round has its
 *    outcome; with `trainOn: own` each job uses the model's own samples only; with `loraSamples: all` it trains on the
 *    samples of earlier jobs again.
 * 4. A model whose jobs keep failing continues without training, which is reported.
 * 5. What an operator wants of an adapter is carried out, after a restart too: the job ends as rejected, or the version
 *    in force is withdrawn.
 * 6. When no round opens any more it requests no jobs, and answers once all that it has requested have ended.
 */
import { assign, setup } from "xstate";
import type { Draft, Message, MessageOf } from "../runtime/messages.ts";
import { type Buffer, emptyBuffer, examplesOf, foldBuffer, type Waiting } from "./folds/buffer.ts";
import { componentsIn, settingsIn } from "./folds/control.ts";
import { lossOf, type Reading } from "./folds/gate.ts";
import { foldMembership, type Membership, nobody } from "./folds/membership.ts";
import { chosenFrom } from "./folds/rehearsal.ts";
import { servedName, versionOf } from "./folds/weights.ts";
import { type JobEnded, type JobReported, jobMachine } from "./job.ts";
import { childIn, isTaken, type Places, withFreed, withTaken } from "./places.ts";
import type { Settings } from "./settings.ts";

export interface TrainerInput {
  readonly settings: Settings;
  readonly records: readonly Message[];
  /** Members whose endpoints take no adapters: they get no jobs. Default: none. */
  readonly untrained?: readonly string[];
}

interface Context {
  /** As the run was configured. */
  readonly configured: Settings;
  /** The same with the components in force. */
  readonly settings: Settings;
  readonly group: Membership;
  /** The members that are not trained. */
  readonly untrained: readonly string[];
  readonly epoch: number;
  readonly buffer: Buffer;
  /** Jobs that have been started and have not ended. */
  readonly running: Places;
  /** Requests that are on their way to the journal. */
  readonly unrecorded: readonly Draft<"training.requested">[];
  /** No round opens any more. */
  readonly isClosing: boolean;
}

type Events = Message | JobReported | JobEnded;

const trainable = ({ group, untrained, buffer, settings }: Context): string[] =>
  group.members.filter(
    (model) => !untrained.includes(model) && (buffer.failures[model] ?? 0) < settings.jobAttempts,
  );

/** What a job may train on: where each model trains on its own solutions, those of models that train. */
const usable = (context: Context): readonly Waiting[] => {
  const { settings, buffer } = context;
  if (settings.trainOn === "group") return buffer.waiting;
  const models = trainable(context);
  return buffer.waiting.filter(({ author }) => models.includes(author));
};

const hasEnough = (context: Context): boolean => {
  const { settings, buffer } = context;
  const { length } = usable(context);
  return settings.trainAfter === "round"
    ? buffer.unsettled === 0 && length > 0
    : length >= settings.bufferThreshold;
};

/** No job is open, and none on its way to the journal. */
const isFree = ({ buffer, unrecorded }: Context): boolean =>
  unrecorded.length === 0 && Object.keys(buffer.jobs).length === 0;

const withoutRecorded = (unrecorded: Context["unrecorded"], event: Message): Context["unrecorded"] =>
  event.type === "training.requested" ? unrecorded.filter(({ job }) => job !== event.job) : unrecorded;

const isDue = (context: Context): boolean => {
  const { settings, buffer, isClosing } = context;
  const isLast = buffer.generation >= (settings.updates ?? Number.POSITIVE_INFINITY);
  return settings.lora && !isClosing && isFree(context) && !isLast && hasEnough(context);
};

/** The samples of one model's job; none if no sample is new to it. */
const samplesFor = (model: string, context: Context): string[] => {
  const { buffer, settings } = context;
  const waiting = usable(context);
  const count = settings.trainAfter === "round" ? waiting.length : settings.bufferThreshold;
  const isForIt = ({ author }: Waiting) => settings.trainOn === "group" || author === model;
  const fresh = waiting.slice(-count).filter(isForIt);
  const samples = fresh.length === 0 ? [] : [...buffer.spent.filter(isForIt), ...fresh];
  return samples.map(({ solutionId }) => solutionId);
};

/** A model without new samples gets no job. */
const requestsOf = (context: Context): Draft<"training.requested">[] => {
  const { buffer, settings } = context;
  const generation = buffer.generation + 1;
  const rehearsal = chosenFrom(buffer.rehearsal, settings).map(({ id }) => id);
  return trainable(context).flatMap((model): Draft<"training.requested">[] => {
    const samples = samplesFor(model, context);
    if (samples.length === 0) return [];
    const version = (buffer.versions[model] ?? 0) + 1;
    const inForce = versionOf(buffer.weights, model);
    const previous = buffer.kept[model] ?? inForce;
    return [
      {
        type: "training.requested",
        ...{ job: servedName(model, version), model, generation, previous, version },
        ...(previous === inForce ? {} : { against: inForce }),
        samples,
        ...(rehearsal.length === 0 ? {} : { rehearsal }),
      },
    ];
  });
};

/** The newest earlier version with a reading: without a gate not every version has one. */
const measuredBefore = (
  buffer: Buffer,
  model: string,
  version: number,
): { readonly version: number; readonly reading: Reading } | undefined => {
  const { replaced, standards } = buffer;
  const before = replaced[servedName(model, version)];
  if (before === undefined) return undefined;
  const reading = standards[servedName(model, before)];
  return reading ? { version: before, reading } : measuredBefore(buffer, model, before);
};

/** Withdraws an adapter in use whose zero-shot reading is worse than that of the weights it replaced. */
const withdrawalOf = ({ buffer, settings }: Context, event: MessageOf<"anchor.measured">): Draft[] => {
  const { model, adapter, purpose } = event;
  const inForce = versionOf(buffer.weights, model) === adapter && adapter > 0 && purpose !== "gate";
  const before = inForce ? measuredBefore(buffer, model, adapter) : undefined;
  const cause = before && lossOf("zeroShot", before.reading, event, settings);
  if (before === undefined || cause === undefined) return [];
  return [{ type: "adapter.withdrawn", model, version: adapter, restored: before.version, cause }];
};

const base = setup({
  types: {
    context: {} as Context,
    input: {} as TrainerInput,
    events: {} as Events,
    emitted: {} as Draft,
  },
  actors: { job: jobMachine },
});

const request = base.enqueueActions(({ context, enqueue }) => {
  const drafts = isDue(context) ? requestsOf(context) : [];
  if (drafts.length === 0) return;
  enqueue.assign({ unrecorded: drafts });
  for (const draft of drafts) enqueue.emit(draft);
});

const answer = base.enqueueActions(({ context, enqueue }) => {
  if (context.isClosing && isFree(context)) enqueue.emit({ type: "training.closed", epoch: context.epoch });
});

const startJobs = base.enqueueActions(({ context, enqueue }) => {
  const { buffer, settings, epoch } = context;
  const fresh = Object.values(buffer.jobs).filter(({ job }) => !isTaken(context.running, job));
  const running = fresh.reduce((places, { job }) => withTaken(places, job), context.running);
  for (const requested of fresh) {
    const examples = examplesOf(buffer, requested);
    const refusedBy = buffer.orders[servedName(requested.model, requested.version)]?.operator;
    const inForce = versionOf(buffer.weights, requested.model);
    const input = { settings, requested, examples, round: buffer.round, inForce, epoch, refusedBy };
    enqueue.spawnChild("job", { id: childIn(running, requested.job, "job"), input });
  }
  enqueue.assign({ running });
});

/** Reports once, with the last cause, that a model's jobs are given up. */
const resign = base.enqueueActions(({ context: { buffer, settings }, event, enqueue }) => {
  if (event.type !== "training.failed" || buffer.failures[event.model] !== settings.jobAttempts) return;
  const count = settings.jobAttempts === 1 ? "its job" : `${settings.jobAttempts} jobs in a row`;
  const cause = `${count} failed, so it continues without training; the last cause: ${event.cause}`;
  enqueue.emit({ type: "agent.failed", agent: event.model, where: "training", cause });
});

/** Forwards messages to the jobs, and those about one job to it alone. */
const passOn = base.enqueueActions(({ context: { running }, event, enqueue }) => {
  const isConcerned = (job: string): boolean => !("job" in event) || event.job === job;
  for (const job of running)
    if (job !== undefined && isConcerned(job)) enqueue.sendTo(childIn(running, job, "job"), event);
});

const withdraw = base.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== "anchor.measured") return;
  for (const draft of withdrawalOf(context, event)) enqueue.emit(draft);
});

/** Goes back from the versions that an operator does not want. */
const obey = base.enqueueActions(({ context: { buffer }, enqueue }) => {
  for (const [model, version] of Object.entries(buffer.weights)) {
    const order = buffer.orders[servedName(model, version)];
    if (order === undefined) continue;
    const restored = buffer.replaced[servedName(model, version)] ?? 0;
    const cause = `rolled back by ${order.operator}`;
    enqueue.emit({ type: "adapter.withdrawn", model, version, restored, cause });
  }
});

/** Sends a job's message to the group. */
const tell = base.enqueueActions(({ event, enqueue }) => {
  if (event.type === "job.reported") enqueue.emit(event.draft);
});

const endJob = base.enqueueActions(({ context, event, enqueue }) => {
  if (event.type !== "job.ended") return;
  enqueue.stopChild(childIn(context.running, event.job, "job"));
  enqueue.assign({ running: withFreed(context.running, event.job) });
});

const ended = ["learn", "passOn", "request", "answer"] as const;
const failed = ["learn", "resign", "passOn", "request", "answer"] as const;

export const trainerMachine = base
  .extend({
    actions: {
      request,
      answer,
      startJobs,
      passOn,
      resign,
      withdraw,
      obey,
      tell,
      endJob,
      switchOver: assign(({ context: { configured, settings }, event }) => ({
        settings: event.type === "round.opened" ? settingsIn(configured, event.components ?? {}) : settings,
      })),
      close: assign({ isClosing: true }),
      learn: assign(({ context: { buffer, group, settings, unrecorded }, event }) =>
        event.type === "job.reported" || event.type === "job.ended"
          ? {}
          : {
              buffer: foldBuffer(settings)(buffer, event),
              group: foldMembership(group, event),
              unrecorded: withoutRecorded(unrecorded, event),
            },
      ),
    },
    guards: {
      isOfThisLife: ({ context, event }) => event.type === "play.ended" && event.epoch === context.epoch,
      hasJobs: ({ context }) => Object.keys(context.buffer.jobs).length > 0,
      endsLastJob: ({ context: { buffer }, event }) =>
        "job" in event && Object.keys(buffer.jobs).every((job) => job === event.job),
    },
  })
  .createMachine({
    id: "trainer",
    context: ({ input: { settings, records, untrained = [] } }) => {
      const buffer = records.reduce(foldBuffer(settings), { ...emptyBuffer, examples: new Map() });
      return {
        configured: settings,
        settings: settingsIn(settings, componentsIn(records)),
        group: nobody,
        untrained,
        epoch: records.length,
        buffer,
        running: [],
        unrecorded: [],
        isClosing: false,
      };
    },
    entry: ["startJobs", "obey"],
    initial: "collecting",
    on: {
      "agent.joined": { actions: "learn" },
      "agent.left": { actions: "learn" },
      "round.opened": { actions: ["learn", "switchOver"] },
      "question.settled": { actions: ["learn", "request"] },
      "question.voided": { actions: ["learn", "request"] },
      "adapter.withdrawn": { actions: ["learn", "passOn"] },
      "training.requested": { actions: ["learn", "startJobs"] },
      "anchor.measured": { actions: ["learn", "withdraw", "passOn"] },
      "anchor.missed": { actions: "passOn" },
      "training.progressed": { actions: "passOn" },
      "adapter.published": { actions: ended },
      "adapter.rejected": { actions: ended },
      "training.failed": { actions: failed },
      "operator.rejected": { actions: ["learn", "passOn"] },
      "operator.withdrew": { actions: ["learn", "obey"] },
      "play.ended": { guard: "isOfThisLife", actions: ["close", "answer"] },
      "job.reported": { actions: "tell" },
      "job.ended": { actions: "endJob" },
    },
    states: {
      /** A journal may hold jobs without an outcome. */
      collecting: {
        always: { guard: "hasJobs", target: "training" },
        on: { "training.requested": { target: "training", actions: ["learn", "startJobs"] } },
      },
      training: {
        on: {
          "adapter.published": { guard: "endsLastJob", target: "collecting", actions: ended },
          "adapter.rejected": { guard: "endsLastJob", target: "collecting", actions: ended },
          "training.failed": { guard: "endsLastJob", target: "collecting", actions: failed },
        },
      },
    },
  });
