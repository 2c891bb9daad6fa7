/**
 * The arrows by which a machine can have come from some states to others, judged by the states alone: for times when
 * nobody watches and no transition is seen. An arrow counts only if it is the only one that leads there.
 */
import type { AnyStateMachine } from "xstate";
import { type GraphEdge, machineGraph } from "../charts/machine-graph.ts";
import { withAncestors } from "../views/states.ts";

const edges = new WeakMap<AnyStateMachine, readonly GraphEdge[]>();

const edgesOf = (machine: AnyStateMachine): readonly GraphEdge[] => {
  const known = edges.get(machine) ?? machineGraph(machine).edges;
  edges.set(machine, known);
  return known;
};

/** @param before innermost active states, and those after */
export const soleArrows = (
  machine: AnyStateMachine,
  before: readonly string[],
  after: readonly string[],
): string[] => {
  const [was, is] = [new Set(["", ...withAncestors(before)]), new Set(withAncestors(after))];
  return after.flatMap((state) => {
    const entered = withAncestors([state]).filter((id) => !was.has(id));
    const leading = edgesOf(machine).filter(
      ({ source, target }) =>
        was.has(source) && entered.includes(target) && (!is.has(source) || isAbove(source, state)),
    );
    return leading.length === 1 ? leading.map(({ id }) => id.replace(/\+\d+$/, "")) : [];
  });
};

const isAbove = (source: string, state: string): boolean => source === "" || state.startsWith(`${source}.`);
