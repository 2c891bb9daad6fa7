/** The way to an endpoint that is away at times: closed, it lets nobody through. */
import { Hopeless } from "../hopeless.ts";

/** What becomes of a call while the way is closed: it waits, or fails at once, for good. */
export type WhileClosed = "wait" | "abstain";

export class Passage {
  readonly #whileClosed: WhileClosed;
  #opening: PromiseWithResolvers<void> | undefined;
  #cause = "";

  constructor(whileClosed: WhileClosed) {
    this.#whileClosed = whileClosed;
  }

  close(cause: string): void {
    this.#cause = cause;
    this.#opening ??= Promise.withResolvers<void>();
  }

  open(): void {
    this.#opening?.resolve();
    this.#opening = undefined;
  }

  /** Resolves once the way is open. Rejects with the signal's reason. @throws Hopeless where calls do not wait. */
  async enter(signal: AbortSignal): Promise<void> {
    while (this.#opening !== undefined) {
      if (this.#whileClosed === "abstain") throw new Hopeless(this.#cause);
      await unlessAborted(this.#opening.promise, signal);
    }
  }

  /** Resolves once the way is open, whatever calls do. */
  async opened(): Promise<void> {
    while (this.#opening !== undefined) await this.#opening.promise;
  }
}

const unlessAborted = async (waiting: Promise<void>, signal: AbortSignal): Promise<void> => {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(signal.reason);
  signal.addEventListener("abort", leave);
  try {
    await Promise.race([waiting, promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
};
