/** The messages that say who takes part. */
import type { Message, MessageOf, MessageType } from "./messages.ts";

export const presenceTypes = [
  "agent.joined",
  "agent.left",
  "agent.lapsed",
  "agent.recovered",
] as const satisfies MessageType[];

export type PresenceMessage = MessageOf<(typeof presenceTypes)[number]>;

export const isPresence = (message: Message): message is PresenceMessage =>
  presenceTypes.some((type) => type === message.type);
