/** How a command ends early: at Ctrl-C, at SIGTERM, and when its terminal closes (SIGHUP). */
import { EXIT } from "../exit-codes.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Interrupt {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
  /** Stops listening: the next signal ends the process. */
  release(): void;
}

/**
 * The first signal aborts; the second exits immediately. A repeated SIGHUP does not: when a terminal closes, the system
 * and the shell each send one.
 */
export const onInterrupt = (onFirst: (name: NodeJS.Signals) => void = () => {}): Interrupt => {
  const stopping = new AbortController();
  const interrupt = (name: NodeJS.Signals): void => {
    if (!stopping.signal.aborted) {
      onFirst(name);
      stopping.abort(new Error("stopped by its user"));
    } else if (name !== "SIGHUP") process.exit(EXIT.interrupted);
  };
  for (const name of signals) process.on(name, interrupt);
  return {
    signal: stopping.signal,
    release: () => {
      for (const name of signals) process.off(name, interrupt);
    },
  };
};
