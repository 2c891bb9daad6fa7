/**
 * Training on other machines: a JetStream work queue carries jobs to hosts that run `agora trainer` (queue/host.ts).
 *
 * 1. The key of a job is the hash of its content: the same order has the same key, even after the run is resumed.
 * 2. If the object store has the outcome of a job, it is not trained again. A job that is queued or in progress is
 *    awaited, not queued again.
 * 3. The digest of the received adapter is checked. The output folder appears only once it is complete.
 * 4. Aborting ends the waiting, not the training: a repeated order gets its outcome. Cancelling ends both.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type TrainedAdapter,
  type TrainingBackend,
  TrainingError,
  type TrainingOrder,
  type TrainingStep,
} from "../runtime/training.ts";
import { isFinished, requireWhole } from "./finished.ts";
import { type Parcel, packFolder, unpackFolder } from "./queue/parcel.ts";
import {
  keyOf,
  type News,
  type Outcome,
  type QueuedBase,
  type QueuedOrder,
  queuedOrderOf,
} from "./queue/queued-job.ts";
import { type QueueOptions, TrainingQueue } from "./queue/training-queue.ts";

export interface NatsTrainingOptions extends Omit<QueueOptions, "name"> {
  /** Name of the run; part of the jobs' keys. */
  readonly run: string;
  /** By agent name. */
  readonly bases: ReadonlyMap<string, QueuedBase>;
  /** Longest time without news of a job, queued or in progress [s]. */
  readonly silenceSeconds: number;
  /** Interval between checks for the outcome, in case its news is lost [ms]. Default: 2000. */
  readonly lookMilliseconds?: number | undefined;
}

export const natsTraining = (options: NatsTrainingOptions): TrainingBackend => {
  /** Orders under way, by job. */
  const orders = new Map<string, Promise<unknown>>();
  const { run } = options;
  const withQueue = async <T>(use: (queue: TrainingQueue) => Promise<T>): Promise<T> => {
    const queue = await TrainingQueue.connect({ ...options, name: `agora ${run}` });
    try {
      return await use(queue);
    } finally {
      await queue.close();
    }
  };
  return {
    train: async (order, signal, onStep) => {
      signal.throwIfAborted();
      const base = baseOf(options, order);
      if (isFinished(order.output)) return takeOver(order.output);
      const previous = previousOf(order);
      const queued = queuedOrderOf(order, { run, base, previous: previous?.sha256 });
      const training = withQueue((queue) =>
        new RemoteJob(queue, options, order, queued).run(previous, signal, onStep),
      );
      const over = (): void => void (orders.get(order.job) === training && orders.delete(order.job));
      orders.set(order.job, training);
      training.then(over, over);
      return training;
    },
    cancel: async (job, cause) => {
      // An order that was aborted may be on its way to the queue.
      await orders.get(job)?.catch(() => {});
      await withQueue((queue) => queue.cancel(run, job, cause));
    },
  };
};

const refusal = (code: string, problem: string): TrainingError =>
  new TrainingError(code, problem, { permanent: true });

const silence = (problem: string, fix?: string): TrainingError =>
  new TrainingError("host-silent", problem, { fix, permanent: false });

const baseOf = ({ bases }: NatsTrainingOptions, { model, samples }: TrainingOrder): QueuedBase => {
  const base = bases.get(model);
  if (base === undefined) throw refusal("base-unknown", `the base of ${model} is not configured`);
  if (samples.length === 0) throw refusal("samples-empty", "the job has no samples");
  return base;
};

const previousOf = ({ previous }: TrainingOrder): Parcel | undefined => {
  if (previous === undefined) return undefined;
  if (isFinished(previous)) return packFolder(previous);
  throw refusal("adapter-unreadable", `there is no adapter in ${previous}`);
};

const takeOver = (output: string): TrainedAdapter => {
  requireWhole(output);
  return { folder: output, loss: undefined };
};

/** One job, from queueing to the adapter. */
class RemoteJob {
  readonly #queue: TrainingQueue;
  readonly #options: NatsTrainingOptions;
  readonly #order: TrainingOrder;
  readonly #queued: QueuedOrder;
  readonly #key: string;
  #heardAt = performance.now();
  #host: string | undefined;
  /** Resolves when news of the job's end arrives. */
  #ended = Promise.withResolvers<void>();

  constructor(queue: TrainingQueue, options: NatsTrainingOptions, order: TrainingOrder, queued: QueuedOrder) {
    this.#queue = queue;
    this.#options = options;
    this.#order = order;
    this.#queued = queued;
    this.#key = keyOf(queued);
  }

  async run(
    previous: Parcel | undefined,
    signal: AbortSignal,
    onStep: (step: TrainingStep) => void,
  ): Promise<TrainedAdapter> {
    const subscription = this.#queue.hear(this.#key, (news) => this.#hear(news, signal, onStep));
    try {
      const known = (await this.#queue.known(this.#key))?.outcome;
      const arrived = known?.state === "trained" ? await this.#fetch(known, true) : undefined;
      if (arrived !== undefined) return arrived;
      const attempt = known === undefined ? 0 : known.attempt + 1;
      signal.throwIfAborted();
      await this.#submit(attempt, previous);
      return await this.#await(attempt, signal);
    } finally {
      subscription.unsubscribe();
    }
  }

  async #submit(attempt: number, previous: Parcel | undefined): Promise<void> {
    await this.#queue.putOrder(this.#key, this.#queued);
    if (previous !== undefined) await this.#queue.putParcel(`${this.#key}/previous`, previous);
    await this.#queue.submit({ key: this.#key, attempt, job: this.#order.job });
  }

  async #await(attempt: number, signal: AbortSignal): Promise<TrainedAdapter> {
    for (;;) {
      signal.throwIfAborted();
      const outcome = (await this.#queue.known(this.#key))?.outcome;
      if (outcome !== undefined && outcome.attempt >= attempt) return this.#conclude(outcome);
      await this.#assertHeard();
      await this.#pause(signal);
    }
  }

  async #conclude(outcome: Outcome): Promise<TrainedAdapter> {
    if (outcome.state === "failed") {
      const { code, cause, permanent, host } = outcome;
      throw new TrainingError(code, `${cause} (on ${host})`, { permanent });
    }
    const arrived = await this.#fetch(outcome, false);
    if (arrived !== undefined) return arrived;
    const problem = `the adapter of ${this.#order.job} has expired in the object store`;
    throw new TrainingError("parcel-missing", problem, { permanent: false });
  }

  /** Undefined if the parcel has expired. `isOld`: the job was ordered before a restart, so its loss is left out. */
  async #fetch(
    { parcel, sha256, loss }: Outcome & { readonly state: "trained" },
    isOld: boolean,
  ): Promise<TrainedAdapter | undefined> {
    const content = await this.#queue.parcel(parcel);
    if (content === undefined) return undefined;
    const { output } = this.#order;
    unpackFolder({ content, sha256 }, output);
    await this.#queue.drop(parcel, `${this.#key}/order`, `${this.#key}/previous`);
    return { folder: output, loss: isOld ? undefined : loss };
  }

  #hear(news: News, signal: AbortSignal, onStep: (step: TrainingStep) => void): void {
    this.#heardAt = performance.now();
    this.#host = news.host;
    if (news.type === "ended") this.#ended.resolve();
    if (news.type !== "step" || signal.aborted) return;
    const { step, steps, loss, gradientNorm } = news;
    onStep({ step, steps, loss, gradientNorm });
  }

  /** Throws after `silenceSeconds` without news, unless the job waits for a host that is busy with other jobs. */
  async #assertHeard(): Promise<void> {
    const { silenceSeconds } = this.#options;
    if (performance.now() - this.#heardAt < silenceSeconds * 1000) return;
    const { job } = this.#order;
    if (this.#host !== undefined) {
      throw silence(`${this.#host} took ${job} and sent no news for ${silenceSeconds} s`);
    }
    if (!(await this.#queue.isBusy())) {
      const fix = "start one: agora trainer --nats <url>";
      throw silence(`no host took ${job} within ${silenceSeconds} s`, fix);
    }
    this.#heardAt = performance.now();
  }

  /** Waits for the next check or for news of the job's end. */
  async #pause(signal: AbortSignal): Promise<void> {
    const looking = new AbortController();
    const stop = (): void => looking.abort();
    signal.addEventListener("abort", stop, { once: true });
    const look = sleep(this.#options.lookMilliseconds ?? 2_000, undefined, { signal: looking.signal });
    await Promise.race([look.catch(() => {}), this.#ended.promise]);
    signal.removeEventListener("abort", stop);
    looking.abort();
    this.#ended = Promise.withResolvers<void>();
  }
}
