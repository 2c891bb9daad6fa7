/** Reads how far a run in another process is, from its journal. */
import { existsSync } from "node:fs";
import { JournalReader, journalFile } from "../../runtime/journal/journal-reader.ts";
import { doneShare, type PaceGoals } from "../terminal/pace.ts";
import { foldProgress, initialProgress, type ProgressState } from "../terminal/progress-state.ts";

export class RunFollower {
  readonly #folder: string;
  readonly #goals: PaceGoals;
  #journal: JournalReader | undefined;
  #seq = 0;
  #state: ProgressState = initialProgress;

  constructor(folder: string, goals: PaceGoals) {
    this.#folder = folder;
    this.#goals = goals;
  }

  get state(): ProgressState {
    return this.#state;
  }

  /** In [0, 1]; 1 is the end of play, before measuring. */
  get share(): number {
    return this.#state.finished === undefined ? doneShare(this.#state, this.#goals) : 1;
  }

  /** Reads what is new. A journal that is just being created is read the next time. */
  look(): void {
    try {
      if (this.#journal === undefined && !existsSync(journalFile(this.#folder))) return;
      this.#journal ??= JournalReader.openReadOnly(this.#folder);
      for (const { seq, message } of this.#journal.records(this.#seq)) {
        this.#seq = seq;
        this.#state = foldProgress(this.#state, message);
      }
    } catch {
      this.close();
    }
  }

  close(): void {
    this.#journal?.close();
    this.#journal = undefined;
  }
}
