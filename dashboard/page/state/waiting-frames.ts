/** Live frames that came while the reader looked at an earlier moment: stepped and slowed play is fed from here. */
import type { Frame } from "../../view.ts";

export interface WaitingFrame {
  readonly frame: Frame;
  readonly whole: boolean;
}

/** Three minutes of frames; whoever stays longer is shown the past from the journal. */
const capacity = 1800;

export class WaitingFrames {
  #frames: WaitingFrame[] = [];
  #isComplete = true;

  /** Whether no frame was dropped since the last `clear`. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  get size(): number {
    return this.#frames.length;
  }

  clear(): void {
    this.#frames = [];
    this.#isComplete = true;
  }

  push(held: WaitingFrame): void {
    if (this.#frames.length < capacity) this.#frames.push(held);
    else this.#isComplete = false;
  }

  next(): WaitingFrame | undefined {
    return this.#frames.shift();
  }

  /** Those up to a moment [epoch ms], which are held no longer. */
  until(moment: number): readonly WaitingFrame[] {
    const later = this.#frames.findIndex(({ frame }) => frame.at > moment);
    return this.#frames.splice(0, later === -1 ? this.#frames.length : later);
  }
}
