/** An experiment: arms that differ from a base configuration, played with the same seeds, tasks and budget. */
import { join } from "node:path";
import { counted } from "../../machines/counted.ts";
import type { Config } from "../../runtime/config/config.ts";

/** Keys of a configuration that differ from the base, in the words of its author. */
export interface Variation {
  readonly name: string;
  readonly keys: Readonly<Record<string, unknown>>;
}

/** Each run ends at the first end of a round after it. */
export type Budget = { readonly tokens: number } | { readonly rounds: number };

/** One arm with one task and one seed: an ordinary run. */
export interface PlannedRun {
  readonly arm: string;
  readonly task: string;
  readonly seed: number;
  /** Its name is also that of its folder, and of its adapters at servers that experiments share. */
  readonly config: Config;
}

export interface Experiment {
  readonly name: string;
  readonly title: string;
  /** Where it was read from. */
  readonly file: string;
  /** Holds the folders of the runs. */
  readonly folder: string;
  readonly arms: readonly Variation[];
  readonly tasks: readonly Variation[];
  readonly seeds: readonly number[];
  readonly budget: Budget;
  /** Held-out problems of the in-domain benchmark. */
  readonly problems: number;
  /** The arm from which differences are taken. */
  readonly reference: string;
  /** Arms with different seeds follow one another, so that parallel runs measure different base models. */
  readonly runs: readonly PlannedRun[];
}

export const runFolderOf = ({ folder }: Pick<Experiment, "folder">, { config }: PlannedRun): string =>
  join(folder, config.run);

export const budgetText = (budget: Budget): string =>
  "tokens" in budget ? `${budget.tokens.toLocaleString("en")} tokens` : counted(budget.rounds, "round");
