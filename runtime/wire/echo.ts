/** A barrier on the bus: afterwards this process has handled all payloads that it published before. */
import { randomUUID } from "node:crypto";
import type { Bus } from "../bus/bus.ts";
import { within } from "../within.ts";

const patience = 2_000;
const nothing = new Uint8Array();

/** Resolves once the echo is back, or cannot arrive because the bus is closed or its server is down. */
export const echo = async (bus: Bus, run: string): Promise<void> => {
  // Message subjects have five tokens and do not match; the last token is unique to this call.
  const subject = `agora.${run}.echo.${randomUUID()}`;
  try {
    const answering = bus.subscribe(subject, ({ reply }) => reply?.(nothing));
    await within(patience, bus.flush())
      .then(() => bus.request(subject, nothing, { timeoutMilliseconds: patience }))
      .finally(() => answering.unsubscribe());
  } catch {
    // Without an echo the caller continues: no better barrier exists.
  }
};
