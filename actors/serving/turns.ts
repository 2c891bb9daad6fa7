/**
 * Serving and training on one GPU, in turns.
 *
 * 1. An endpoint that shares a slot's GPU sleeps exactly while somebody holds that slot's turn: with the first it
 *    falls asleep, with the last it wakes.
 * 2. Before it sleeps nothing is under way at it; until it is awake again nothing new is let through.
 * 3. Nobody is woken into a GPU that a worker has not left.
 * 4. Ending a turn lets calls through again in any case: what is wrong with the endpoint, they will hear.
 */
import { AgoraError } from "../../runtime/agora-error.ts";
import type { ModelConfig } from "../../runtime/config/config.ts";
import type { ServedModel } from "./served-model.ts";

export class TurnError extends AgoraError<"AGORA_TURN"> {}

/** Models behind one endpoint: they sleep together. */
interface Dormitory {
  readonly models: readonly ServedModel[];
  readonly slots: ReadonlySet<number>;
  /** Slots whose turn it is. */
  readonly holders: Set<number>;
  /** Set where it was told to sleep and has not been seen awake since. */
  falling: Promise<void> | undefined;
}

export interface TurnsOptions {
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly configs: readonly ModelConfig[];
  /** How long calls under way may take to end [ms]. */
  readonly patience: number;
}

/** How long a worker that was told to stop may stay on its GPU [ms]. */
const WORKER_GRACE = 60_000;

const dormitoriesOf = ({ models, configs }: TurnsOptions): Dormitory[] => {
  const sharing = configs.filter(({ sharesSlots }) => sharesSlots.length > 0);
  const endpoints = new Set(sharing.map(({ endpoint }) => endpoint));
  return [...endpoints].map((endpoint) => {
    const members = configs.filter((config) => config.endpoint === endpoint);
    return {
      models: members.flatMap(({ name }) => models.get(name) ?? []),
      slots: new Set(members.flatMap(({ sharesSlots }) => sharesSlots)),
      holders: new Set<number>(),
      falling: undefined,
    };
  });
};

const settledWithin = async (milliseconds: number, work: Promise<unknown>): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([Promise.allSettled([work]), promise]);
  clearTimeout(timer);
};

export class Turns {
  readonly #options: TurnsOptions;
  readonly #dormitories: readonly Dormitory[];
  /** Workers on the slots' GPUs. */
  readonly #workers = new Map<number, Promise<unknown>>();

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#dormitories = dormitoriesOf(options);
  }

  isShared(slot: number): boolean {
    return this.#sharing(slot).length > 0;
  }

  /** Wakes what an earlier life of the run has left asleep. An endpoint that is down says so to its callers. */
  async begin(): Promise<void> {
    await Promise.allSettled(this.#dormitories.map(({ models }) => models[0]?.wake()));
  }

  /** Resolves once nothing is under way at the endpoints of a slot's GPU, and nothing is let through. @throws TurnError */
  async drain(slot: number, job: string, signal: AbortSignal): Promise<void> {
    const { patience } = this.#options;
    const drained = this.#sharing(slot).map(async (dormitory) => {
      dormitory.holders.add(slot);
      for (const { availability } of dormitory.models) availability.close(`its GPU trains ${job}`);
      const idle = await Promise.all(dormitory.models.map((model) => model.idle(patience, signal)));
      const late = dormitory.models[idle.indexOf(false)];
      if (late === undefined) return;
      throw new TurnError("AGORA_TURN", `calls to ${late.name} did not end within ${patience / 1000} s`);
    });
    await Promise.all(drained);
  }

  /** Resolves once the endpoints of a slot's GPU have freed it. @throws ModelError where one cannot sleep. */
  async sleep(slot: number): Promise<void> {
    await Promise.all(
      this.#sharing(slot).map((dormitory) => {
        dormitory.falling ??= dormitory.models[0]?.sleep();
        return dormitory.falling;
      }),
    );
  }

  /** Names the work that uses the slot's GPU. */
  occupy<Result>(slot: number, work: Promise<Result>): Promise<Result> {
    this.#workers.set(slot, work);
    return work;
  }

  /** Resolves once the endpoints of a slot's GPU serve as before. @throws ModelError, IgnoredAdapter */
  async wake(slot: number): Promise<void> {
    await settledWithin(WORKER_GRACE, this.#workers.get(slot) ?? Promise.resolve());
    const woken = await Promise.allSettled(
      this.#sharing(slot).map((dormitory) => this.#release(dormitory, slot)),
    );
    const failed = woken.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  /** Ends every turn. */
  async end(): Promise<void> {
    const slots = new Set(this.#dormitories.flatMap(({ holders }) => [...holders]));
    await Promise.allSettled([...slots].map((slot) => this.wake(slot)));
  }

  async #release(dormitory: Dormitory, slot: number): Promise<void> {
    dormitory.holders.delete(slot);
    if (dormitory.holders.size > 0) return;
    try {
      if (dormitory.falling === undefined) return;
      // Even one that failed to fall asleep may be half asleep; one that still falls would miss the call.
      await Promise.allSettled([dormitory.falling]);
      await dormitory.models[0]?.wake();
      dormitory.falling = undefined;
      await Promise.all(dormitory.models.map((model) => model.verify()));
    } finally {
      for (const { availability } of dormitory.models) availability.open();
    }
  }

  #sharing(slot: number): Dormitory[] {
    return this.#dormitories.filter(({ slots }) => slots.has(slot));
  }
}
