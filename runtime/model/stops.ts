/** Stop strings on our side: some servers leave them in the text, others cannot take any. */
import type { ModelReply } from "./model.ts";

/** Where the first of the stop strings begins, or the text's end. */
const endOf = (text: string, stops: readonly string[]): number =>
  Math.min(text.length, ...stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0));

/** Texts up to their first stop string, without it; a text that was cut has stopped, whatever the server says. */
export function cutAtStops(reply: ModelReply, stops: readonly string[]): ModelReply {
  const ends = reply.texts.map((text) => endOf(text, stops));
  return {
    ...reply,
    texts: reply.texts.map((text, index) => text.slice(0, ends[index])),
    finish: reply.finish.map((finish, index) =>
      (ends[index] ?? 0) < (reply.texts[index] ?? "").length ? "stop" : finish,
    ),
  };
}
