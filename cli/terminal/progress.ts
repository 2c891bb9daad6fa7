/** Progress of a run in the terminal: a live block on a TTY, plain lines elsewhere. */
import type { Message } from "../../runtime/messages.ts";
import { LiveBlock, type ProgressStream } from "./live-block.ts";
import { doneShare, paceText, secondsLeft } from "./pace.ts";
import { foldProgress, initialProgress, type ProgressState } from "./progress-state.ts";
import { blockLines, eventLine, harmless, type ProgressGoals } from "./progress-text.ts";

export type { ProgressStream } from "./live-block.ts";

export interface ProgressOptions extends ProgressGoals {
  /** Default: standard output. */
  readonly stream?: ProgressStream | undefined;
  /** Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Further text for the block and for the lines of closed rounds, such as measured precision. */
  readonly extra?: ((state: ProgressState) => string | undefined) | undefined;
  /** When the run began [ms since 1970]. Default: now. */
  readonly began?: number | undefined;
  /** Milliseconds since 1970. */
  readonly clock?: (() => number) | undefined;
}

/** Events that stay above the live block. */
const LASTING: ReadonlySet<Message["type"]> = new Set([
  "agent.failed",
  "agent.lapsed",
  "agent.recovered",
  "strategy.changed",
  "training.failed",
  "adapter.rejected",
  "adapter.published",
  "adapter.withdrawn",
  "operator.paused",
  "operator.resumed",
  "operator.stepped",
  "operator.stopped",
  "operator.set",
  "operator.asked",
  "question.answered",
  "operator.rejected",
  "operator.withdrew",
  "operator.forked",
  "run.finished",
]);

export class Progress {
  readonly #options: ProgressOptions;
  readonly #block: LiveBlock;
  readonly #clock: () => number;
  readonly #began: number;
  /** Share of the run that was done at the start of this process. */
  #from = 0;
  #state: ProgressState = initialProgress;

  constructor(options: ProgressOptions) {
    const { stream = process.stdout, env = process.env, clock = Date.now } = options;
    this.#clock = clock;
    this.#began = options.began ?? clock();
    this.#options = options;
    this.#block = new LiveBlock({ stream, env, lines: () => this.#lines() });
  }

  get state(): ProgressState {
    return this.#state;
  }

  /** Adds the records of a resumed run, without printing. */
  restore(records: Iterable<Message>): void {
    for (const record of records) this.#state = foldProgress(this.#state, record);
    if (this.#options.began === undefined) this.#from = doneShare(this.#state, this.#options);
  }

  accept(message: Message): void {
    const before = this.#state;
    this.#state = foldProgress(before, message);
    const line = eventLine(message, before, this.#state, this.#elapsed());
    if (line !== undefined && (!this.#block.isLive || LASTING.has(message.type))) {
      this.print(message.type === "round.closed" ? this.#withExtra(line) : line);
    }
    if (this.#state !== before) this.#block.redrawSoon();
  }

  /** Prints a line above the live block. */
  print(line: string): void {
    this.#block.print(line);
  }

  /** Draws the last state; nothing is written afterwards. */
  close(): void {
    this.#block.close();
  }

  #withExtra(line: string): string {
    const extra = this.#options.extra?.(this.#state);
    return extra === undefined ? line : `${line} · ${extra}`;
  }

  #lines(): string[] {
    const extra = this.#options.extra?.(this.#state);
    const lines = blockLines(this.#state, this.#options, this.#block.paint);
    return [...lines, this.#paceLine(), ...(extra === undefined ? [] : [harmless(extra)])];
  }

  #elapsed(): number {
    return Math.max(0, (this.#clock() - this.#began) / 1000);
  }

  #paceLine(): string {
    const { finished, tokens } = this.#state;
    const elapsed = this.#elapsed();
    const left = finished
      ? undefined
      : secondsLeft(elapsed, this.#from, doneShare(this.#state, this.#options));
    return `${this.#block.paint("dim", "time     ")} ${paceText(elapsed, left, tokens)}`;
  }
}
