/** Which runs are played at a NATS server: their hosts show signs of life. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Bus } from "../../runtime/bus/bus.ts";

/** Of the hosts of all runs; messages have six tokens. */
const signs = "agora.*.attendance.agent.pulsed.attendance";

/** Runs heard within some seconds, in order of their names. */
export const runsAt = async (bus: Bus, seconds: number, signal?: AbortSignal): Promise<string[]> => {
  const runs = new Set<string>();
  const listening = bus.subscribe(signs, ({ subject }) => {
    runs.add(subject.split(".")[1] ?? "");
  });
  try {
    await sleep(seconds * 1000, undefined, { signal });
  } catch {
    // Whoever listens has heard enough.
  } finally {
    listening.unsubscribe();
  }
  return [...runs].toSorted();
};
