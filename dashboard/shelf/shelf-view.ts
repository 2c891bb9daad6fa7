/**
 * The JSON resources of the page of all runs in a folder.
 *
 * A run's key is the path of its folder below that of all runs, such as `trial/trial-full-1`. Times are epoch
 * milliseconds, shares are in [0, 1].
 */

/** One run, from a few sums over its journal. */
export interface RunLine {
  readonly key: string;
  readonly run: string;
  /** `playing`: a process writes it now. `open`: neither finished nor played. `unreadable`: see `problem`. */
  readonly state: "finished" | "playing" | "open" | "unreadable";
  readonly problem?: string;
  /** Why it finished. */
  readonly reason?: string;
  readonly experiment?: string;
  readonly arm?: string;
  readonly task?: string;
  readonly models: readonly string[];
  /** Components of the paper's Table 2 that are switched off. */
  readonly without: readonly string[];
  readonly seed: number;
  /** Equal for runs whose configurations differ in the seed only. */
  readonly family: string;
  readonly startedAt: number;
  readonly newestAt: number;
  readonly rounds: number;
  readonly questions: number;
  readonly adapters: number;
  /** Mean over the models, of the base weights and of those in force; undefined if nothing was measured. */
  readonly accuracy?: { readonly set: string; readonly before: number; readonly after: number };
  /** Prompt and completion tokens of the society, without measuring. */
  readonly tokens: number;
}

export interface ExperimentLine {
  readonly key: string;
  readonly name: string;
  readonly title: string;
  readonly arms: readonly { readonly name: string; readonly keys: Readonly<Record<string, unknown>> }[];
  /** Runs of its plan, and those that have begun. */
  readonly planned: number;
  readonly begun: number;
  /** Written by `agora report`. */
  readonly hasReport: boolean;
  /** Names of the report's figures. GET /figure?experiment=&name= returns one as SVG. */
  readonly figures: readonly string[];
}

/** GET /api/shelf. Runs are read one after the other: `unread` are still to come. */
export interface ShelfView {
  readonly folder: string;
  readonly runs: readonly RunLine[];
  readonly experiments: readonly ExperimentLine[];
  /** Folders that hold neither a run nor an experiment. */
  readonly foreign: readonly string[];
  readonly unread: number;
}

/** One model, or the mean of the group, on one set, in the first run and in another. */
export interface ComparedLine {
  readonly kind: "zero-shot" | "elite-shot" | "role";
  readonly set: string;
  readonly model: string | undefined;
  readonly first: number;
  readonly second: number;
  readonly problems: number;
  readonly pairedBy: "problems" | "nothing";
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly p?: number | undefined;
}

/** GET /api/comparison?run=&run=: the figures of `agora compare`. */
export interface ComparisonView {
  readonly runs: readonly { readonly run: string; readonly precision?: number | undefined }[];
  /** Keys with different values, one value per run. */
  readonly config: Readonly<Record<string, readonly unknown[]>>;
  readonly comparisons: readonly {
    readonly first: string;
    readonly second: string;
    readonly differences: readonly ComparedLine[];
  }[];
}
