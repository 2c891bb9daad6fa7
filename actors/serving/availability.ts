/** Whether an endpoint can be called now; while it is closed, calls wait or fail. */
import { PermanentError } from "../attempts.ts";

/** What a call does while the endpoint is closed: it waits, or fails without another attempt. */
export type WhileClosed = "wait" | "abstain";

export class Availability {
  readonly #whileClosed: WhileClosed;
  #opening: PromiseWithResolvers<void> | undefined;
  #cause = "";

  constructor(whileClosed: WhileClosed) {
    this.#whileClosed = whileClosed;
  }

  get isClosed(): boolean {
    return this.#opening !== undefined;
  }

  close(cause: string): void {
    this.#cause = cause;
    this.#opening ??= Promise.withResolvers<void>();
  }

  open(): void {
    this.#opening?.resolve();
    this.#opening = undefined;
  }

  /** Resolves once the endpoint is open; rejects with the signal's reason. @throws PermanentError if calls do not wait. */
  async enter(signal: AbortSignal): Promise<void> {
    while (this.#opening !== undefined) {
      if (this.#whileClosed === "abstain")
        throw new PermanentError(this.#cause, "set whileTraining: wait to let calls wait");
      await unlessAborted(this.#opening.promise, signal);
    }
  }

  /** Resolves once the endpoint is open, even if calls do not wait. */
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
