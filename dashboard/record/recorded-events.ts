/**
 * The events of an agent or a crowd that a run's files hold: durable messages from the journal, and the messages about
 * questions that have ended from the feed. What an actor says to itself (ends of work, delays) is recorded nowhere, and
 * neither is the arrow that an event took.
 */
import type { AnyStateMachine } from "xstate";
import {
  durableKey,
  type Message,
  type MessageType,
  messageTopicId,
  schemas,
} from "../../runtime/messages.ts";
import { noted } from "../../runtime/wire/recorder.ts";
import { type NumberedTransition, transitionsWithin } from "../charts/machine-graph.ts";
import { eventWords } from "../charts/words.ts";
import { questionsIn, textOf } from "../live/observed-event.ts";
import type { EventView, RecordedEvents } from "../view.ts";
import { isOfCrowd } from "../views/agents.ts";
import type { Chronicle } from "./chronicle.ts";
import type { Fact } from "./facts.ts";

export interface RecordedQuery {
  readonly agent: string;
  readonly state?: string | undefined;
  readonly edge?: string | undefined;
  /** Only messages of this agent or crowd. */
  readonly from?: string | undefined;
  /** Only messages up to this time [epoch ms]. */
  readonly until?: number | undefined;
  readonly limit: number;
}

/** Whose events they are. */
export interface Listener {
  readonly machine: AnyStateMachine;
  /** Short-lived actors, each of which has a message's topic as its name. */
  readonly isCrowd: boolean;
  /** True if the queried sender is the crowd. */
  readonly hearsCrowd?: boolean;
}

const isMessageType = (type: string): type is MessageType => Object.hasOwn(schemas, type);

const isNoted = (type: MessageType): boolean => noted.some((one) => one === type);

/** The key of a message without content says whether its type has one. */
const isDurable = (type: MessageType): boolean =>
  isNoted(type) || durableKey({ type, act: "", dossier: {} } as unknown as Message) !== undefined;

/** As live/message-times.ts keeps them. */
const isTold = (type: MessageType): boolean =>
  "question" in schemas[type].shape || "dossier" in schemas[type].shape;

const isRecorded = (type: string): boolean => isMessageType(type) && (isDurable(type) || isTold(type));

const newestFirst = (left: EventView, right: EventView): number => right.at - left.at;

const unrecordedOf = (transitions: readonly NumberedTransition[]): string[] => {
  const words = transitions
    .filter(
      ({ transition: { eventType } }) => eventType !== "" && eventType !== "*" && !isRecorded(eventType),
    )
    .map(({ source, transition: { eventType } }) => eventWords(eventType, source));
  return [...new Set(words)].toSorted();
};

const nothingKnown = { before: [], after: [], arrows: [] } as const;

type Matches = (message: { readonly type: string; readonly from: string; readonly at: number }) => boolean;

const factEvents = (facts: readonly Fact[], matches: Matches, { agent }: RecordedQuery, isCrowd: boolean) =>
  facts.filter(matches).map(
    (fact): EventView => ({
      ...{ ...nothingKnown, at: fact.at, event: fact.type, senders: [fact.from] },
      agent: isCrowd ? messageTopicId(fact as Message) : agent,
      questions: questionsIn(fact),
      text: textOf(fact),
    }),
  );

interface Ended {
  readonly question: string;
  readonly at: number;
}

const endedIn = (facts: readonly Fact[]): Ended[] =>
  facts
    .flatMap((fact): Ended[] => {
      if (fact.type === "question.voided") return [{ question: fact.question, at: fact.at }];
      const isEnd = fact.type === "question.settled" || fact.type === "question.answered";
      return isEnd ? [{ question: fact.dossier.question, at: fact.at }] : [];
    })
    .toSorted((left, right) => right.at - left.at);

/** Questions are read from the newest on, until the older ones cannot have newer messages. */
const toldEvents = (
  chronicle: Pick<Chronicle, "facts" | "toldAbout">,
  matches: Matches,
  { agent, limit }: RecordedQuery,
  isCrowd: boolean,
): EventView[] => {
  let found: EventView[] = [];
  for (const { question, at: end } of endedIn(chronicle.facts)) {
    if ((found[limit - 1]?.at ?? Number.NEGATIVE_INFINITY) > end) break;
    const told = (chronicle.toldAbout(question) ?? []).filter(
      (one) => isMessageType(one.type) && !isDurable(one.type),
    );
    const fresh = told.filter(matches).map(
      ({ at, type, from, about }): EventView => ({
        ...{ ...nothingKnown, at, event: type, senders: [from], questions: [question] },
        agent: isCrowd ? question : agent,
        text: [question, ...about].join(" "),
      }),
    );
    if (fresh.length > 0) found = [...found, ...fresh].toSorted(newestFirst).slice(0, limit);
  }
  return found;
};

export const recordedEvents = (
  chronicle: Pick<Chronicle, "facts" | "toldAbout">,
  { machine, isCrowd, hearsCrowd = false }: Listener,
  query: RecordedQuery,
): RecordedEvents => {
  const { from, until = Number.POSITIVE_INFINITY, limit } = query;
  const transitions = transitionsWithin(machine, query);
  const types = new Set(transitions.map(({ transition }) => transition.eventType));
  const isSender = (name: string): boolean =>
    from === undefined || name === from || (hearsCrowd && isOfCrowd(name));
  const matches: Matches = (message) =>
    message.at <= until && types.has(message.type) && isSender(message.from);
  const events = [
    ...factEvents(chronicle.facts, matches, query, isCrowd),
    ...toldEvents(chronicle, matches, query, isCrowd),
  ];
  return { events: events.toSorted(newestFirst).slice(0, limit), unrecorded: unrecordedOf(transitions) };
};
