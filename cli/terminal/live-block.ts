/**
 * A block of lines at the end of a terminal that is drawn again and again; on other outputs only printed lines appear.
 *
 * 1. The block is erased and drawn in one write; between writes the cursor stands below it.
 * 2. Drawn lines do not wrap (autowrap is off), so the height of the block is its number of lines.
 * 3. A failed or closed output does not affect the caller.
 */
import { fitted, harmless, type Paint, painted, plain } from "./progress-text.ts";

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface LiveBlockOptions {
  readonly stream: ProgressStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The lines of the block now. */
  readonly lines: () => readonly string[];
}

const REDRAW_MILLISECONDS = 100;
const UP = (lines: number): string => (lines > 0 ? `\u001b[${lines}A` : "");
const ERASE_BELOW = "\u001b[0J";
const WRAP_OFF = "\u001b[?7l";
const WRAP_ON = "\u001b[?7h";

export class LiveBlock {
  /** Whether the block is drawn: on a terminal that can move its cursor. */
  readonly isLive: boolean;
  readonly paint: Paint;
  readonly #options: LiveBlockOptions;
  #height = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: LiveBlockOptions) {
    const { stream, env } = options;
    this.#options = options;
    this.isLive = stream.isTTY === true && env.TERM !== "dumb";
    this.paint = this.isLive && !env.NO_COLOR ? painted : plain;
  }

  /** Prints a line above the block. */
  print(line: string): void {
    const text = `${harmless(line)}\n`;
    if (this.isLive) this.#draw(text);
    else this.#write(text);
  }

  redrawSoon(): void {
    if (this.#closed || !this.isLive) return;
    this.#timer ??= setTimeout(() => this.#draw(), REDRAW_MILLISECONDS).unref();
  }

  /** Draws the last state; nothing is written afterwards. */
  close(): void {
    if (this.#closed) return;
    if (this.isLive) this.#draw();
    clearTimeout(this.#timer);
    this.#closed = true;
  }

  #draw(above = ""): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { columns = 80, rows = 24 } = this.#options.stream;
    const lines = this.#options
      .lines()
      .slice(0, Math.max(1, rows - 1))
      .map((line) => `${fitted(line, columns)}\n`);
    this.#write(`\r${UP(this.#height)}${ERASE_BELOW}${above}${WRAP_OFF}${lines.join("")}${WRAP_ON}`);
    this.#height = lines.length;
  }

  #write(text: string): void {
    if (this.#closed) return;
    try {
      this.#options.stream.write(text);
    } catch {
      this.#closed = true;
    }
  }
}
