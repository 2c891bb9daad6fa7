/**
 * The past of a run that plays in this process. Its page keeps no facts: for an earlier time the run's files are read as
 * for a replay, and what was read is dropped when nobody has looked back for a while.
 */
import type { Chronicle } from "./record/chronicle.ts";
import type { Pictures } from "./views/pictures.ts";

/** A chronicle that keeps all, and the pictures made of it. */
export interface Recollection {
  readonly chronicle: Chronicle;
  readonly pictures: Pictures;
}

/** Time from the last look until what was read is dropped [ms]. */
const keptFor = 60_000;

export class Past {
  readonly #open: () => Recollection;
  #known: Recollection | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(open: () => Recollection) {
    this.#open = open;
  }

  /** Whether the past is in memory. */
  get isKept(): boolean {
    return this.#known !== undefined;
  }

  /** Everything up to now. @throws JournalError */
  async look(): Promise<Recollection> {
    clearTimeout(this.#timer);
    const known = this.#known ?? this.#open();
    this.#known = known;
    await known.chronicle.read();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.drop(), keptFor).unref();
    return known;
  }

  async drop(): Promise<void> {
    clearTimeout(this.#timer);
    const known = this.#known;
    this.#known = undefined;
    await known?.chronicle.close();
  }
}
