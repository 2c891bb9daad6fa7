/** One thing an actor went through, as it was seen; it is put into words only when somebody asks. */
import type { AnyEventObject, AnyStateMachine, AnyTransitionDefinition } from "xstate";
import { pathOf } from "../charts/machine-graph.ts";
import type { EventView } from "../view.ts";
import { withAncestors } from "../views/states.ts";
import { innermostOf } from "./current-states.ts";
import { machineTable, wordsOf } from "./machine-table.ts";

export interface ObservedEvent {
  /** Which actor: those of a crowd are told apart. */
  readonly agent: string;
  readonly at: number;
  /** Counts up with every observed that was seen. */
  readonly order: number;
  readonly machine: AnyStateMachine;
  readonly event: AnyEventObject;
  /** State values. */
  readonly before: unknown;
  readonly after: unknown;
  readonly transitions: readonly AnyTransitionDefinition[];
}

const longestText = 120;
const longestList = 4;
const longest = 600;

const shortened = (_: string, value: unknown): unknown => {
  if (typeof value === "string" && value.length > longestText) return `${value.slice(0, longestText)}…`;
  if (Array.isArray(value) && value.length > longestList) {
    return [...value.slice(0, longestList), `… ${value.length - longestList} more`];
  }
  return value instanceof Error ? value.message : value;
};

/** The message's fields without its envelope; whatever cannot be told is left out. */
export const textOf = ({ type: _type, at: _at, ...fields }: AnyEventObject): string => {
  try {
    return JSON.stringify(fields, shortened).slice(0, longest);
  } catch {
    return "";
  }
};

export const eventView = (observed: ObservedEvent): EventView => ({
  at: observed.at,
  agent: observed.agent,
  event: wordsOf(observed.machine, observed.event.type),
  before: withAncestors(innermostOf(observed.before)),
  after: withAncestors(innermostOf(observed.after)),
  text: textOf(observed.event),
});

const isWithin = (id: string, state: string): boolean =>
  state === "" || id === state || id.startsWith(`${state}.`);

/** Whether a transition left, entered or stayed in a state or one of those inside it. */
export const concernsState = ({ transitions }: ObservedEvent, state: string): boolean =>
  transitions.some(({ source, target = [] }) =>
    [source, ...target].some((node) => isWithin(pathOf(node), state)),
  );

/** A transition with several targets is several arrows, numbered behind a plus. */
export const tookArrow = ({ machine, transitions }: ObservedEvent, arrow: string): boolean => {
  const { arrows } = machineTable(machine);
  return transitions.some((transition) => arrows.get(transition) === arrow.replace(/\+\d+$/, ""));
};
