/**
 * A GPU host: takes tickets from the work queue one by one, trains them, and writes the outcomes to the object store.
 *
 * 1. A host trains one job at a time, and a job is trained by one host at a time: the one that has its lease. During
 *    training it renews its ticket in the queue and sends news to the run. If it cannot renew the lease, it stops.
 * 2. A host acknowledges a ticket after its outcome is written. If an outcome exists, it acknowledges without training.
 *    The ticket of a host that was killed or cut off is redelivered to another one.
 * 3. A job fails permanently once `maxCrashes` hosts were lost with it. A host that stops, or waits for the lease, gives
 *    the job back and is not lost.
 * 4. A job's folder stays when the host stops: after a restart the job continues from it.
 * 5. The failure of a job is its outcome and does not stop the host.
 */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsMsg } from "@nats-io/jetstream";
import { type TrainedAdapter, TrainingError } from "../../runtime/training.ts";
import type { JobLease } from "./job-lease.ts";
import { packFolder, unpackFolder } from "./parcel.ts";
import {
  type Claimed,
  type Outcome,
  type QueuedOrder,
  sha256,
  type Ticket,
  ticketSchema,
} from "./queued-job.ts";
import type { TrainingQueue } from "./training-queue.ts";
import type { BackendOf } from "./workshop.ts";

export interface HostOptions {
  readonly queue: TrainingQueue;
  readonly name: string;
  /** Folder for the jobs' files. */
  readonly folder: string;
  readonly backendOf: BackendOf;
  readonly print: (line: string) => void;
  /** How long one request waits for a ticket in an empty queue, at least 1000 [ms]. Default: 5000. */
  readonly lookMilliseconds?: number;
}

type Ending =
  | { readonly state: "trained"; readonly parcel: string; readonly sha256: string; readonly loss?: number }
  | { readonly state: "failed"; readonly code: string; readonly cause: string; readonly permanent: boolean };

export class TrainerHost {
  readonly #options: HostOptions;
  readonly #holder: string;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#holder = `${options.name} ${randomUUID()}`;
    mkdirSync(options.folder, { recursive: true });
  }

  /** Works until the signal is aborted; a job in progress is then returned to the queue. */
  async work(signal: AbortSignal): Promise<void> {
    const { queue, print, lookMilliseconds = 5_000 } = this.#options;
    while (!signal.aborted) {
      const message = await queue.next(lookMilliseconds);
      if (message === undefined) continue;
      if (signal.aborted) message.nak();
      else
        await this.#take(message, signal).catch((error: unknown) =>
          print(`a job was returned to the queue: ${String(error)}`),
        );
    }
  }

  async #take(message: JsMsg, signal: AbortSignal): Promise<void> {
    const { print } = this.#options;
    const ticket = ticketOf(message);
    if (ticket === undefined) {
      print(`a ticket cannot be read and is dropped: ${message.string().slice(0, 200)}`);
      return message.term();
    }
    const lease = await this.#leased(ticket, signal);
    // The ticket comes back, unless the one who has the lease renews it.
    if (lease === undefined) return print(`${ticket.job}: another host trains it`);
    const whole = AbortSignal.any([signal, lease.lost]);
    const failure = await this.#work(message, ticket, whole).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    await lease.release();
    if (failure === undefined) return;
    if (lease.lost.aborted) throw lease.lost.reason;
    message.nak();
    throw failure.error;
  }

  /** Waits until the lease of a host that was killed has ended; undefined if the one who has it renews it. */
  async #leased({ key }: Ticket, signal: AbortSignal): Promise<JobLease | undefined> {
    const { queue } = this.#options;
    const until = performance.now() + queue.ackWaitSeconds * 500;
    for (;;) {
      const lease = await queue.lease(key, this.#holder);
      if (lease !== undefined || performance.now() > until || signal.aborted) return lease;
      await sleep(queue.ackWaitSeconds * 50, undefined, { signal }).catch(() => {});
    }
  }

  /** Trains and reports the outcome, unless there is one or the signal is aborted before. */
  async #work(message: JsMsg, ticket: Ticket, signal: AbortSignal): Promise<void> {
    const { queue, name, print } = this.#options;
    const { key, attempt } = ticket;
    const known = await queue.known(key);
    if (known?.outcome !== undefined && known.outcome.attempt >= attempt) {
      print(`${ticket.job}: done already, by ${known.outcome.host}`);
      return acknowledge(message);
    }
    const claimed = await queue.claim(key, { attempt, host: name, holder: this.#holder }, known);
    if (claimed === undefined) throw overtaken(ticket);
    await this.#serve(message, ticket, claimed, signal).catch(async (error: unknown) => {
      await queue.leave(key, this.#holder, claimed);
      throw error;
    });
  }

  async #serve(message: JsMsg, ticket: Ticket, claimed: Claimed, signal: AbortSignal): Promise<void> {
    const { queue, name } = this.#options;
    queue.announce(ticket.key, { type: "taken", host: name });
    const heart = this.#beat(message, ticket);
    try {
      const startedAt = performance.now();
      const ending = await this.#ending(ticket, message.info.deliveryCount, claimed, signal);
      signal.throwIfAborted();
      const seconds = (performance.now() - startedAt) / 1000;
      await this.#conclude(ticket, { ...ending, attempt: ticket.attempt, host: name, seconds }, claimed);
      await acknowledge(message);
    } finally {
      clearInterval(heart);
    }
  }

  #beat(message: JsMsg, { key }: Ticket): NodeJS.Timeout {
    const { queue, name } = this.#options;
    return setInterval(
      () => {
        message.working();
        queue.announce(key, { type: "alive", host: name });
      },
      (queue.ackWaitSeconds * 1000) / 4,
    );
  }

  /** Rejects only if the job has to be returned: the host stops, or the queue cannot be reached. */
  async #ending(ticket: Ticket, delivery: number, { claim }: Claimed, signal: AbortSignal): Promise<Ending> {
    const { queue, print } = this.#options;
    const lost = claim.holders.length - 1;
    try {
      if (lost >= queue.maxCrashes) throw givenUp(ticket, lost);
      print(`${ticket.job}: training${delivery > 1 ? `, delivery ${delivery}` : ""}`);
      return await this.#train(ticket, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TrainingError && error.code === "queue-unreachable") throw error;
      const { code, permanent } =
        error instanceof TrainingError ? error : { code: "training-failed", permanent: false };
      const cause = error instanceof Error ? error.message : String(error);
      print(`${ticket.job}: failed: ${cause}`);
      return { state: "failed", code, cause, permanent };
    }
  }

  async #train({ key, job }: Ticket, signal: AbortSignal): Promise<Ending> {
    const { queue, name, backendOf, print } = this.#options;
    const order = await queue.order(key);
    if (order === undefined) {
      throw new TrainingError("order-missing", `the order of ${job} has expired in the object store`, {
        permanent: false,
      });
    }
    const folder = join(this.#options.folder, key);
    const previous = await this.#previous(key, order, folder);
    const backend = await backendOf(order);
    const output = join(folder, "adapter");
    const { run: _run, base: _base, previous: _previous, ...settings } = order;
    const given = { ...settings, previous, output, slot: 0 };
    const trained: TrainedAdapter = await backend.train(given, signal, (step) =>
      queue.announce(key, { type: "step", host: name, ...step }),
    );
    const parcel = packFolder(trained.folder);
    const object = await queue.putParcel(`${key}/adapter/${parcel.sha256.slice(0, 16)}`, parcel);
    print(`${job}: trained, loss ${trained.loss?.toFixed(4) ?? "unknown"}`);
    const loss = trained.loss === undefined ? {} : { loss: trained.loss };
    return { state: "trained", parcel: object, sha256: parcel.sha256, ...loss };
  }

  /** Folder of the adapter to continue from. */
  async #previous(key: string, order: QueuedOrder, folder: string): Promise<string | undefined> {
    if (order.previous === undefined) return undefined;
    const target = join(folder, "previous");
    if (existsSync(target)) return target;
    const content = await this.#options.queue.parcel(`${key}/previous`);
    if (content === undefined || sha256(content) !== order.previous) {
      const problem = `the adapter that ${order.job} continues from is missing or damaged in the object store`;
      throw new TrainingError("previous-missing", problem, { permanent: false });
    }
    unpackFolder({ content, sha256: order.previous }, target);
    return target;
  }

  async #conclude({ key, job }: Ticket, outcome: Outcome, claimed: Claimed): Promise<void> {
    const { queue, name, folder } = this.#options;
    if (!(await queue.conclude(key, outcome, claimed))) throw overtaken({ job });
    queue.announce(key, { type: "ended", host: name });
    // A retry of the job continues from this folder.
    const isOver = outcome.state === "trained" || outcome.permanent;
    if (isOver) rmSync(join(folder, key), { recursive: true, force: true });
  }
}

const ticketOf = (message: JsMsg): Ticket | undefined => {
  try {
    return ticketSchema.parse(message.json());
  } catch {
    return undefined;
  }
};

/** If the acknowledgement is lost, the ticket is redelivered and its outcome is found. */
const acknowledge = async (message: JsMsg): Promise<void> => {
  await message.ackAck().catch(() => false);
};

const overtaken = ({ job }: Pick<Ticket, "job">): TrainingError =>
  new TrainingError("lease-lost", `${job} has another host by now, or was cancelled`, { permanent: false });

const givenUp = ({ job }: Ticket, lost: number): TrainingError =>
  new TrainingError("hosts-lost", `${lost} hosts took ${job} and none reported an outcome`, {
    permanent: true,
  });
