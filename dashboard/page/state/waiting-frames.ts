/** Live frames received while an earlier time is shown. Steps and slow playback read from here. */
import type { Frame } from "../../view.ts";

export interface WaitingFrame {
  readonly frame: Frame;
  readonly whole: boolean;
}

/** Three minutes of frames. After that, the past is read from the journal. */
const capacity = 1800;

export class WaitingFrames {
  #frames: WaitingFrame[] = [];
  #isComplete = true;

  /** True if no frame was dropped since the last `clear`. */
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

  /** Removes and returns the frames up to a time [epoch ms]. */
  until(moment: number): readonly WaitingFrame[] {
    const later = this.#frames.findIndex(({ frame }) => frame.at > moment);
    return this.#frames.splice(0, later === -1 ? this.#frames.length : later);
  }
}
