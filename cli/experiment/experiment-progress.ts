/** Progress of an experiment in the terminal: one line per run under way and one for all, or a line per start and end. */
import type { Experiment, PlannedRun } from "../../experiments/arms/experiment.ts";
import { runFolderOf } from "../../experiments/arms/experiment.ts";
import type { RunEnding } from "../../experiments/arms/schedule.ts";
import { LiveBlock, type ProgressStream } from "../terminal/live-block.ts";
import { amount, duration, paceText } from "../terminal/pace.ts";
import { RunFollower } from "./run-follower.ts";

interface Playing {
  readonly follower: RunFollower;
  /** [ms since 1970] */
  readonly began: number;
  /** Share of the run that was done when this process started it. */
  from: number | undefined;
}

/** Time between two looks at the journals [ms]. */
const pause = 1_000;
const barLength = 20;

const bar = (share: number): string => {
  const full = Math.floor(share * barLength);
  return `[${"#".repeat(full)}${"-".repeat(barLength - full)}] ${String(Math.floor(100 * share)).padStart(3)}%`;
};

export interface ExperimentProgressOptions {
  readonly experiment: Experiment;
  readonly stream: ProgressStream;
  /** Runs that had finished before. */
  readonly finished: number;
  /** Expected length of a run [s], if it is known. */
  readonly secondsPerRun: number | undefined;
  readonly parallel: number;
}

export class ExperimentProgress {
  readonly #options: ExperimentProgressOptions;
  readonly #block: LiveBlock;
  readonly #playing = new Map<string, Playing>();
  readonly #began = Date.now();
  readonly #lengths: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #tokens = 0;
  #finished: number;
  #failed = 0;

  constructor(options: ExperimentProgressOptions) {
    this.#options = options;
    this.#finished = options.finished;
    this.#block = new LiveBlock({ stream: options.stream, env: process.env, lines: () => this.#lines() });
    this.#timer = setInterval(() => this.#look(), pause);
    this.#timer.unref();
  }

  start(run: PlannedRun, isResumed: boolean): void {
    const follower = new RunFollower(runFolderOf(this.#options.experiment, run), run.config);
    this.#playing.set(run.config.run, { follower, began: Date.now(), from: undefined });
    this.#block.print(`${isResumed ? "resumed" : "started"} ${run.config.run}`);
  }

  end(run: PlannedRun, ending: RunEnding): void {
    const { run: name } = run.config;
    const playing = this.#playing.get(name);
    this.#playing.delete(name);
    if (playing === undefined) return;
    playing.follower.look();
    playing.follower.close();
    const { tokens } = playing.follower.state;
    const seconds = (Date.now() - playing.began) / 1000;
    this.#tokens += tokens;
    if (ending.ending === "finished") {
      this.#finished += 1;
      this.#lengths.push(seconds);
    }
    if (ending.ending === "failed") this.#failed += 1;
    const words =
      ending.ending === "failed" ? `failed ${name}: ${ending.reason}` : `${ending.ending} ${name}`;
    this.#block.print(`${words} (${duration(seconds)}, ${amount(tokens)} tokens) · ${this.#counts()}`);
  }

  print(line: string): void {
    this.#block.print(line);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { follower } of this.#playing.values()) follower.close();
    this.#block.close();
  }

  #look(): void {
    for (const playing of this.#playing.values()) {
      playing.follower.look();
      playing.from ??= playing.follower.share;
    }
    this.#block.redrawSoon();
  }

  #counts(): string {
    const { runs } = this.#options.experiment;
    const failed = this.#failed === 0 ? "" : `, ${this.#failed} failed`;
    return `${this.#finished} of ${runs.length} runs finished${failed}`;
  }

  #lines(): string[] {
    const width = Math.max(...[...this.#playing.keys()].map((name) => name.length), 8);
    const runs = [...this.#playing].map(([name, { follower }]) => {
      const { share, state } = follower;
      const what = state.finished === undefined ? `round ${state.round?.round ?? 0}` : "measuring";
      return `${name.padEnd(width)} ${bar(share)} ${what} · ${amount(state.tokens)} tokens`;
    });
    const { runs: all } = this.#options.experiment;
    const under = [...this.#playing.values()];
    const share =
      (this.#finished + under.reduce((sum, { follower }) => sum + follower.share, 0)) / all.length;
    const tokens = this.#tokens + under.reduce((sum, { follower }) => sum + follower.state.tokens, 0);
    const elapsed = (Date.now() - this.#began) / 1000;
    const pace = paceText(elapsed, this.#secondsLeft(), tokens);
    return [...runs, `${"all".padEnd(width)} ${bar(share)} ${this.#counts()} · ${pace}`];
  }

  /** From the runs that have finished here, or else from the estimate. */
  #secondsLeft(): number | undefined {
    const { experiment, secondsPerRun, parallel } = this.#options;
    const lengths = this.#lengths;
    const each =
      lengths.length > 0 ? lengths.reduce((sum, one) => sum + one, 0) / lengths.length : secondsPerRun;
    if (each === undefined) return undefined;
    const done = [...this.#playing.values()].reduce((sum, { follower }) => sum + follower.share, 0);
    const open = experiment.runs.length - this.#finished - this.#failed - done;
    return open <= 0 ? undefined : (each * open) / parallel;
  }
}
