/** How long a run was played: neither the breaks between its sessions count, nor its measuring. */
import { Sessions } from "../machines/folds/sessions.ts";
import type { Message } from "../runtime/messages.ts";

/** [s] */
export const playSecondsOf = (records: readonly Message[]): number => {
  const sessions = new Sessions();
  let milliseconds = 0;
  let newestAt = records[0]?.at ?? 0;
  let isOver = false;
  for (const record of records) {
    const breaks = sessions.length;
    sessions.accept(record);
    const passed = Math.max(0, record.at - newestAt);
    if (!isOver) milliseconds += passed - (sessions.length - breaks);
    newestAt += passed;
    if (record.type === "run.finished") isOver = true;
    if (record.type === "run.extended" || record.type === "round.opened") isOver = false;
  }
  return milliseconds / 1000;
};
