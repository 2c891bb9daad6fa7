/**
 * Serving and training on one GPU, in turns.
 *
 * 1. An endpoint that shares GPUs with training slots sleeps exactly while a job has the turn on one of these slots.
 * 2. It goes to sleep only when no call is under way, and gets new calls only when it is awake again.
 * 3. It wakes only when the worker has left the GPU.
 * 4. The end of a turn lets calls through in any case, unless another slot has its turn by then: if the endpoint has
 *    failed, they fail with its error.
 */
import { AgoraError } from "../../runtime/agora-error.ts";
import type { ModelConfig } from "../../runtime/config/config.ts";
import type { ServedModel } from "./served-model.ts";

export class TurnError extends AgoraError<"AGORA_TURN"> {}

/** The models behind one endpoint, which sleep together. */
interface Dormitory {
  readonly models: readonly ServedModel[];
  readonly slots: ReadonlySet<number>;
  /** Slots whose turn it is. */
  readonly holders: Set<number>;
  /** The call that sent it to sleep; undefined after it has woken. */
  falling: Promise<void> | undefined;
  /** Its waking, with the calls that look for its adapters; undefined after it. */
  rising: Promise<void> | undefined;
}

export interface TurnsOptions {
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly configs: readonly ModelConfig[];
  /** How long calls under way may take to end [ms]. */
  readonly patience: number;
}

/** How long a stopped worker may stay on its GPU [ms]. */
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
      rising: undefined,
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
  /** Workers by slot. */
  readonly #workers = new Map<number, Promise<unknown>>();

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#dormitories = dormitoriesOf(options);
  }

  isShared(slot: number): boolean {
    return this.#sharing(slot).length > 0;
  }

  /** Wakes endpoints that are asleep since before a restart. Errors are left to the calls of the endpoint. */
  async begin(): Promise<void> {
    await Promise.allSettled(this.#dormitories.map(({ models }) => models[0]?.wake()));
  }

  /** Holds new calls to the endpoints on a slot's GPU; resolves when none is under way. @throws TurnError */
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

  /** Resolves when the endpoints on a slot's GPU sleep, or its turn has ended before. @throws ModelError if one cannot sleep. */
  async sleep(slot: number): Promise<void> {
    await Promise.all(
      this.#sharing(slot).map(async (dormitory) => {
        await dormitory.rising?.catch(() => {});
        if (!dormitory.holders.has(slot)) return;
        dormitory.falling ??= dormitory.models[0]?.sleep();
        await dormitory.falling;
      }),
    );
  }

  /** Registers the work that uses a slot's GPU. */
  occupy<Result>(slot: number, work: Promise<Result>): Promise<Result> {
    this.#workers.set(slot, work);
    return work;
  }

  /** Ends a slot's turn; resolves when its endpoints serve again. @throws ModelError, IgnoredAdapter */
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
      dormitory.rising ??= this.#rouse(dormitory);
      await dormitory.rising;
    } finally {
      dormitory.rising = undefined;
      if (dormitory.holders.size === 0) for (const { availability } of dormitory.models) availability.open();
    }
  }

  async #rouse(dormitory: Dormitory): Promise<void> {
    if (dormitory.falling === undefined) return;
    // Wake it even if the call to sleep failed, but not before that call has ended.
    await Promise.allSettled([dormitory.falling]);
    await dormitory.models[0]?.wake();
    dormitory.falling = undefined;
    await Promise.all(dormitory.models.map((model) => model.verify()));
  }

  #sharing(slot: number): Dormitory[] {
    return this.#dormitories.filter(({ slots }) => slots.has(slot));
  }
}
