/** One event of an actor, converted to text only on request. */
import type { AnyEventObject, AnyStateMachine, AnyTransitionDefinition } from "xstate";
import { touches } from "../charts/machine-graph.ts";
import type { EventView } from "../view.ts";
import { withAncestors } from "../views/states.ts";
import { innermostOf } from "./current-states.ts";
import { arrowsOf, machineTable, wordsOf } from "./machine-table.ts";

export interface ObservedEvent {
  /** The actor's name; it distinguishes the members of a crowd. */
  readonly agent: string;
  readonly at: number;
  /** Serial number of the event. */
  readonly order: number;
  readonly machine: AnyStateMachine;
  readonly event: AnyEventObject;
  /** XState state values before and after the event. */
  readonly before: unknown;
  readonly after: unknown;
  readonly transitions: readonly AnyTransitionDefinition[];
}

const maximumTextLength = 120;
const maximumListLength = 4;
const maximumLength = 600;

const shortened = (_: string, value: unknown): unknown => {
  if (typeof value === "string" && value.length > maximumTextLength)
    return `${value.slice(0, maximumTextLength)}…`;
  if (Array.isArray(value) && value.length > maximumListLength) {
    return [...value.slice(0, maximumListLength), `… ${value.length - maximumListLength} more`];
  }
  return value instanceof Error ? value.message : value;
};

/** The message's fields without its envelope as JSON; empty if they cannot be serialised. */
export const textOf = ({ type: _type, at: _at, ...fields }: AnyEventObject): string => {
  try {
    return JSON.stringify(fields, shortened).slice(0, maximumLength);
  } catch {
    return "";
  }
};

/** Maximum question ids of one event; an event may bring the messages of many questions. */
const maximumQuestions = 4;

const questionIn = (message: unknown): readonly string[] => {
  const { question, dossier } = message as { readonly question?: unknown; readonly dossier?: object };
  if (typeof question === "string") return [question];
  return dossier === undefined || dossier === null ? [] : questionIn(dossier);
};

/** The questions that an event's messages, or the work that it ends, are about. */
export const questionsIn = (event: object): string[] => {
  const { messages, ended } = event as { readonly messages?: unknown; readonly ended?: unknown };
  const work = Array.isArray(ended) ? ended.map((piece: { readonly work?: unknown }) => piece.work) : [];
  const parts: readonly unknown[] = Array.isArray(messages) ? messages : [event, ...work];
  const found = parts.filter((part) => typeof part === "object" && part !== null).flatMap(questionIn);
  return [...new Set(found)].slice(0, maximumQuestions);
};

/** The sender of the message that an event is, or of each of those that it brings (machines/heard.ts). */
export const sendersOf = (event: object): string[] => {
  const { messages = [event] } = event as { readonly messages?: readonly { readonly from?: unknown }[] };
  return messages.flatMap(({ from }: { readonly from?: unknown }) => (typeof from === "string" ? from : []));
};

export const eventView = (observed: ObservedEvent): EventView => ({
  at: observed.at,
  agent: observed.agent,
  event: wordsOf(observed.machine, observed.event.type),
  before: withAncestors(innermostOf(observed.before)),
  after: withAncestors(innermostOf(observed.after)),
  arrows: arrowsOf(observed.machine, observed.transitions),
  questions: questionsIn(observed.event),
  senders: sendersOf(observed.event),
  text: textOf(observed.event),
});

/** True if a transition left, entered or stayed in the state or one of its substates. */
export const concernsState = ({ transitions }: ObservedEvent, state: string): boolean =>
  transitions.some((transition) => touches(transition, state));

/** A transition with several targets has several arrows, which share an id up to a plus sign and a number. */
export const tookArrow = ({ machine, transitions }: ObservedEvent, arrow: string): boolean => {
  const { arrows } = machineTable(machine);
  return transitions.some((transition) => arrows.get(transition) === arrow.replace(/\+\d+$/, ""));
};
