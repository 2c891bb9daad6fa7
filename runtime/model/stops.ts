/** Applies stop strings to replies: some servers leave them in the text, others do not support them. */
import type { ModelReply } from "./model.ts";

/** Position of the first stop string, or the end of the text. */
const endOf = (text: string, stops: readonly string[]): number =>
  Math.min(text.length, ...stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0));

/** Cuts each text before its first stop string; the finish reason of a cut text becomes `stop`. */
export const cutAtStops = (reply: ModelReply, stops: readonly string[]): ModelReply => {
  const ends = reply.texts.map((text) => endOf(text, stops));
  return {
    ...reply,
    texts: reply.texts.map((text, index) => text.slice(0, ends[index])),
    finish: reply.finish.map((finish, index) =>
      (ends[index] ?? 0) < (reply.texts[index] ?? "").length ? "stop" : finish,
    ),
  };
};
