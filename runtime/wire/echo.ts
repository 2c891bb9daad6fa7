/** A barrier on the bus: what this process has published before it has been handled by this process after it. */
import { randomUUID } from "node:crypto";
import type { Bus } from "../bus/bus.ts";

const patience = 2_000;
const nothing = new Uint8Array();

/** Resolves once the echo is back, or cannot be expected any more: the bus is closed, or its server away. */
export const echo = async (bus: Bus, run: string): Promise<void> => {
  // Four tokens, unlike the subjects of messages; the last keeps the echoes of other processes apart.
  const subject = `agora.${run}.echo.${randomUUID()}`;
  try {
    const answering = bus.subscribe(subject, ({ reply }) => reply?.(nothing));
    await bus
      .flush()
      .then(() => bus.request(subject, nothing, { timeoutMilliseconds: patience }))
      .finally(() => answering.unsubscribe());
  } catch {
    // Who waits for an echo has nothing better to do without one than to go on.
  }
};
