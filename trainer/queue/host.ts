/**
 * A GPU host: takes one ticket after another from the work queue, trains, and leaves the outcome in the object store.
 *
 * 1. One job is in flight. While it trains the queue is told so, and so is whoever waits for it.
 * 2. A ticket is acknowledged only when its outcome has been written; one whose outcome is there already is only
 *    acknowledged. A host that is killed leaves its ticket to the next one.
 * 3. A job's folder outlives the host: started again, it goes on where it was.
 * 4. What goes wrong with a job is its outcome, never the end of the host.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { JsMsg } from "@nats-io/jetstream";
import { type TrainedAdapter, TrainingError } from "../../runtime/training.ts";
import { packFolder, unpackFolder } from "./parcel.ts";
import { type Outcome, type QueuedOrder, sha256, type Ticket, ticketSchema } from "./queued-job.ts";
import type { Known, TrainingQueue } from "./training-queue.ts";
import type { BackendOf } from "./workshop.ts";

export interface HostOptions {
  readonly queue: TrainingQueue;
  readonly name: string;
  /** Where jobs are worked on. */
  readonly folder: string;
  readonly backendOf: BackendOf;
  readonly print: (line: string) => void;
  /** How long one look into an empty queue takes, at least 1000 [ms]. Default: 5000. */
  readonly lookMilliseconds?: number;
}

type Ending =
  | { readonly state: "trained"; readonly parcel: string; readonly sha256: string; readonly loss?: number }
  | { readonly state: "failed"; readonly code: string; readonly cause: string; readonly permanent: boolean };

export class TrainerHost {
  readonly #options: HostOptions;

  constructor(options: HostOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
  }

  /** Works until the signal; a job under way then is given back to the queue. */
  async work(signal: AbortSignal): Promise<void> {
    const { queue, print, lookMilliseconds = 5_000 } = this.#options;
    while (!signal.aborted) {
      const message = await queue.next(lookMilliseconds);
      if (message === undefined) continue;
      if (signal.aborted) message.nak();
      else
        await this.#take(message, signal).catch((error: unknown) =>
          print(`a job was left: ${String(error)}`),
        );
    }
  }

  async #take(message: JsMsg, signal: AbortSignal): Promise<void> {
    const { queue, name, print } = this.#options;
    const ticket = ticketOf(message);
    if (ticket === undefined) {
      print(`a ticket cannot be read and is thrown away: ${message.string().slice(0, 200)}`);
      return message.term();
    }
    const known = await queue.known(ticket.key);
    if (known !== undefined && known.outcome.attempt >= ticket.attempt) {
      print(`${ticket.job}: done already, by ${known.outcome.host}`);
      return acknowledge(message);
    }
    queue.tell(ticket.key, { type: "taken", host: name });
    const heart = this.#beat(message, ticket);
    try {
      const startedAt = performance.now();
      const ending = await this.#ending(ticket, message.info.deliveryCount, signal);
      const seconds = (performance.now() - startedAt) / 1000;
      await this.#conclude(ticket, { ...ending, attempt: ticket.attempt, host: name, seconds }, known);
      await acknowledge(message);
    } catch (error) {
      message.nak();
      throw error;
    } finally {
      clearInterval(heart);
    }
  }

  #beat(message: JsMsg, { key }: Ticket): NodeJS.Timeout {
    const { queue, name } = this.#options;
    return setInterval(
      () => {
        message.working();
        queue.tell(key, { type: "alive", host: name });
      },
      (queue.ackWaitSeconds * 1000) / 4,
    );
  }

  /** Rejects only where the job has to be given back: the host stops, or the queue cannot be reached. */
  async #ending(ticket: Ticket, delivery: number, signal: AbortSignal): Promise<Ending> {
    const { queue, print } = this.#options;
    try {
      if (delivery > queue.maxDeliveries) throw givenUp(ticket, delivery - 1);
      print(`${ticket.job}: training${delivery > 1 ? `, taken for the ${delivery}. time` : ""}`);
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
      throw new TrainingError("order-missing", `the order of ${job} is no longer in the object store`, {
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
      queue.tell(key, { type: "step", host: name, ...step }),
    );
    const parcel = packFolder(trained.folder);
    const object = await queue.putParcel(`${key}/adapter/${parcel.sha256.slice(0, 16)}`, parcel);
    print(`${job}: trained, loss ${trained.loss?.toFixed(4) ?? "unknown"}`);
    const loss = trained.loss === undefined ? {} : { loss: trained.loss };
    return { state: "trained", parcel: object, sha256: parcel.sha256, ...loss };
  }

  /** Folder of the adapter to go on from. */
  async #previous(key: string, order: QueuedOrder, folder: string): Promise<string | undefined> {
    if (order.previous === undefined) return undefined;
    const target = join(folder, "previous");
    if (existsSync(target)) return target;
    const content = await this.#options.queue.parcel(`${key}/previous`);
    if (content === undefined || sha256(content) !== order.previous) {
      const problem = `the adapter that ${order.job} goes on from is not in the object store as it was sent`;
      throw new TrainingError("previous-missing", problem, { permanent: false });
    }
    unpackFolder({ content, sha256: order.previous }, target);
    return target;
  }

  async #conclude({ key, job }: Ticket, outcome: Outcome, known: Known | undefined): Promise<void> {
    const { queue, name, folder, print } = this.#options;
    const isFirst = await queue.conclude(key, outcome, known);
    if (!isFirst) print(`${job}: another host was first`);
    queue.tell(key, { type: "ended", host: name });
    // What may be tried again goes on from what is there.
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

/** A ticket that is not known to be acknowledged comes back, and its outcome is there. */
const acknowledge = async (message: JsMsg): Promise<void> => {
  await message.ackAck().catch(() => false);
};

const givenUp = ({ job }: Ticket, deliveries: number): TrainingError =>
  new TrainingError("hosts-lost", `${deliveries} hosts took ${job} and none came back with an outcome`, {
    permanent: true,
  });
