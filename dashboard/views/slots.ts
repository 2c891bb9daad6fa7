/**
 * Which slot each job trained in, retold: slots are handed out as actors/leases.ts does, the longest free one first,
 * to whoever begins to train; with its training a job gives its slot back.
 */
import type { Change, Job } from "./job.ts";

interface Turn extends Change {
  readonly job: string;
}

class Slots {
  readonly shown = new Map<string, number>();
  readonly #free: number[];
  readonly #held = new Map<string, number>();
  readonly #waiting: string[] = [];

  constructor(slots: number) {
    this.#free = Array.from({ length: slots }, (_, slot) => slot);
  }

  turn({ job, state }: Turn): void {
    const held = this.#held.get(job);
    if (state === "training" && held === undefined) this.#waiting.push(job);
    if (state !== "training") this.#release(job, held);
    this.#grant();
  }

  /** One that never got a slot waits no longer. */
  #release(job: string, slot: number | undefined): void {
    const index = this.#waiting.indexOf(job);
    if (index >= 0) this.#waiting.splice(index, 1);
    this.#held.delete(job);
    if (slot !== undefined) this.#free.push(slot);
  }

  #grant(): void {
    while (this.#free.length > 0 && this.#waiting.length > 0) {
      const [slot, job] = [this.#free.shift() ?? 0, this.#waiting.shift() ?? ""];
      this.#held.set(job, slot);
      this.shown.set(job, slot);
    }
  }
}

const turnsOf = (jobs: readonly Job[]): Turn[] =>
  jobs
    .flatMap(({ requested: { job }, changes }) => changes.map((change): Turn => ({ ...change, job })))
    .toSorted((left, right) => left.at - right.at || left.order - right.order);

/** By job; one that trained twice is shown in its last slot. */
export const slotsOf = (jobs: readonly Job[], slots: number): ReadonlyMap<string, number> => {
  const table = new Slots(slots);
  for (const turn of turnsOf(jobs)) table.turn(turn);
  return table.shown;
};

/** Most jobs that trained at once, at least one: the slots there were, where the configuration leaves them open. */
export const mostAtOnce = (jobs: readonly Job[]): number => {
  const training = new Set<string>();
  let most = 1;
  for (const { job, state } of turnsOf(jobs)) {
    if (state === "training") training.add(job);
    else training.delete(job);
    most = Math.max(most, training.size);
  }
  return most;
};
