/**
 * What a machine hears at once: a message, or messages of one type that arrived within one turn of the event loop.
 * They are one event of that type: an agent in many questions goes through one transition where many questions ask the
 * same of it, and a question through one for the answers of its whole group.
 */
import type { Message, MessageOf, MessageType } from "../runtime/messages.ts";

/** At least two messages, in the order of their arrival. */
type Several = {
  [T in MessageType]: { readonly type: T; readonly messages: readonly MessageOf<T>[] };
}[MessageType];

export type Heard = Message | Several;

export const messagesIn = (event: Heard): readonly Message[] =>
  "messages" in event ? event.messages : [event];

/** The messages of a type that an event brings: none where it is of another type. */
export const heardOf = <T extends MessageType>(
  event: Heard | { readonly type: "work.ended" },
  type: T,
): readonly MessageOf<T>[] => {
  if (event.type !== type) return [];
  return messagesIn(event as Heard) as readonly MessageOf<T>[];
};

/** One event for consecutive messages of a type. */
export const eventOf = (messages: readonly [Message, ...Message[]]): Heard => {
  const [first] = messages;
  return messages.length === 1 ? first : ({ type: first.type, messages } as Several);
};
