/**
 * Who sends a message. The sender is a part of the subject, so that a NATS server can bind each key to its own subjects;
 * a receiver refuses a message that speaks for anybody else than the sender in its subject.
 */
import { type Message, topicOf } from "../messages.ts";

/** A question or a job is part of the agent that opened it: `wren/q1` is wren. */
export const ownerOf = (name: string): string => {
  const end = name.indexOf("/");
  return end < 0 ? name : name.slice(0, end);
};

const special = /[%.*>\s]/g;

/** The sender as a token of a subject; different senders have different tokens. */
export const senderOf = (from: string): string => {
  const owner = ownerOf(from);
  if (owner.search(special) < 0) return owner;
  return owner.replaceAll(special, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
};

/** `agora.<run>.<sender>.<type>.<id>` */
export const subjectOf = (run: string, message: Message): string =>
  `agora.${run}.${senderOf(message.from)}.${topicOf(message)}`;

/** Where a durable message is sent to the recorder: a NATS server sees who wants what recorded. */
export const appendSubject = (run: string, message: Message): string =>
  `agora.${run}.${senderOf(message.from)}.append.${topicOf(message)}`;

export const appendPattern = (run: string): string => `agora.${run}.*.append.>`;

const nobody: readonly string[] = [];
const operator: readonly string[] = ["operator"];

/**
 * The agents for which a message speaks. An agent that poses the rounds may void and close questions that members
 * wrote. The institutions, which no key of an agent may speak as, speak for all.
 */
const speaksFor = (message: Message): readonly string[] => {
  switch (message.type) {
    case "agent.joined":
    case "agent.left":
    case "agent.pulsed":
    case "agent.returned":
      return [message.agent];
    case "agent.lapsed":
    case "agent.recovered":
      return message.from === "attendance" ? nobody : [message.agent];
    case "agent.failed":
      return message.from === "trainer" ? nobody : [message.agent];
    case "question.abandoned":
      return message.from === "attendance" ? nobody : [message.author];
    case "question.posed":
    case "solution.withheld":
    case "explanation.withheld":
      return [message.author];
    case "solution.offered":
      return [message.offered.author];
    case "verdict.given":
      return message.verdicts.map(({ verifier }) => verifier);
    case "ballot.cast":
      return message.ballots.map(({ voter }) => voter);
    case "explanation.given":
      return [message.given.author];
    case "call.metered":
      return [message.model];
    default:
      return message.type.startsWith("operator.") ? operator : nobody;
  }
};

/** Why a message is refused on a subject that begins with `agora.<run>.<sender>.`; undefined if it is not. */
export const whyImpostor = (run: string, subject: string, message: Message): string | undefined => {
  const { from, type } = message;
  if (!subject.startsWith(`agora.${run}.${senderOf(from)}.`))
    return `${from} is not the sender of this subject`;
  const other = speaksFor(message).find((name) => ownerOf(name) !== ownerOf(from));
  return other === undefined ? undefined : `${from} must not send ${type} for ${other}`;
};
