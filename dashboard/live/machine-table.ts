/** Lookup tables for the events of a machine, built once per machine. */
import type { AnyStateMachine, AnyTransitionDefinition } from "xstate";
import { nodesOf, transitionsOf } from "../charts/machine-graph.ts";
import { eventWords } from "../charts/words.ts";

export interface MachineTable {
  /** Ids of the chart's arrows, by transition. */
  readonly arrows: ReadonlyMap<AnyTransitionDefinition, string>;
  readonly words: ReadonlyMap<string, string>;
}

const tables = new WeakMap<AnyStateMachine, MachineTable>();

const tableOf = (machine: AnyStateMachine): MachineTable => {
  const transitions = nodesOf(machine).flatMap(transitionsOf);
  return {
    arrows: new Map(transitions.map(({ id, transition }) => [transition, id])),
    words: new Map(
      transitions.map(({ source, transition: { eventType } }) => [eventType, eventWords(eventType, source)]),
    ),
  };
};

export const machineTable = (machine: AnyStateMachine): MachineTable => {
  const table = tables.get(machine) ?? tableOf(machine);
  tables.set(machine, table);
  return table;
};

/** A transition without a target changes no state and is no arrow. */
export const isArrow = ({ target }: AnyTransitionDefinition): boolean =>
  target !== undefined && target.length > 0;

/** Ids of the chart's arrows; a transition with several targets counts once. */
export const arrowsOf = (machine: AnyStateMachine, taken: readonly AnyTransitionDefinition[]): string[] => {
  const { arrows } = machineTable(machine);
  return taken.filter(isArrow).flatMap((transition) => arrows.get(transition) ?? []);
};

/** The event's label on the chart's arrows. */
export const wordsOf = (machine: AnyStateMachine, type: string): string =>
  machineTable(machine).words.get(type) || type.replace(/^xstate\./, "");
