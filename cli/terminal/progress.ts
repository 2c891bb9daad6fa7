/**
 * Progress of a run in the terminal: a live block on a TTY, plain lines elsewhere.
 *
 * 1. The block is erased and drawn in one write; between writes the cursor stands below it.
 * 2. Drawn lines do not wrap (autowrap is off), so the height of the block is its number of lines.
 * 3. A failed or closed output does not affect the run.
 */
import type { Message } from "../../runtime/messages.ts";
import { doneShare, paceText, secondsLeft } from "./pace.ts";
import { foldProgress, initialProgress, type ProgressState } from "./progress-state.ts";
import {
  blockLines,
  eventLine,
  fitted,
  harmless,
  type Paint,
  type ProgressGoals,
  painted,
  plain,
} from "./progress-text.ts";

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

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

const REDRAW_MILLISECONDS = 100;
const UP = (lines: number): string => (lines > 0 ? `\u001b[${lines}A` : "");
const ERASE_BELOW = "\u001b[0J";
const WRAP_OFF = "\u001b[?7l";
const WRAP_ON = "\u001b[?7h";

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
  "run.finished",
]);

export class Progress {
  readonly #options: ProgressOptions;
  readonly #stream: ProgressStream;
  readonly #live: boolean;
  readonly #paint: Paint;
  readonly #clock: () => number;
  readonly #began: number;
  /** Share of the run that was done at the start of this process. */
  #from = 0;
  #state: ProgressState = initialProgress;
  #height = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ProgressOptions) {
    const { stream = process.stdout, env = process.env, clock = Date.now } = options;
    this.#clock = clock;
    this.#began = options.began ?? clock();
    this.#options = options;
    this.#stream = stream;
    this.#live = stream.isTTY === true && env.TERM !== "dumb";
    this.#paint = this.#live && !env.NO_COLOR ? painted : plain;
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
    if (line !== undefined && (!this.#live || LASTING.has(message.type))) {
      this.print(message.type === "round.closed" ? this.#withExtra(line) : line);
    }
    if (this.#live && this.#state !== before) this.#redrawSoon();
  }

  /** Prints a line above the live block. */
  print(line: string): void {
    const text = `${harmless(line)}\n`;
    if (this.#live) this.#draw(text);
    else this.#write(text);
  }

  /** Draws the last state; nothing is written afterwards. */
  close(): void {
    if (this.#closed) return;
    if (this.#live) this.#draw();
    clearTimeout(this.#timer);
    this.#closed = true;
  }

  #withExtra(line: string): string {
    const extra = this.#options.extra?.(this.#state);
    return extra === undefined ? line : `${line} · ${extra}`;
  }

  #redrawSoon(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => this.#draw(), REDRAW_MILLISECONDS).unref();
  }

  #draw(above = ""): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { columns = 80, rows = 24 } = this.#stream;
    const lines = this.#lines()
      .slice(0, Math.max(1, rows - 1))
      .map((line) => `${fitted(line, columns)}\n`);
    this.#write(`\r${UP(this.#height)}${ERASE_BELOW}${above}${WRAP_OFF}${lines.join("")}${WRAP_ON}`);
    this.#height = lines.length;
  }

  #lines(): string[] {
    const extra = this.#options.extra?.(this.#state);
    const lines = blockLines(this.#state, this.#options, this.#paint);
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
    return `${this.#paint("dim", "time     ")} ${paceText(elapsed, left, tokens)}`;
  }

  #write(text: string): void {
    if (this.#closed) return;
    try {
      this.#stream.write(text);
    } catch {
      this.#closed = true;
    }
  }
}
