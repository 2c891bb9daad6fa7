/** A machine as states and arrows. Ids from a definition equal the ids of the running machine. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from "xstate";
import { createMachine } from "xstate";
import type { ChartEdge, ChartNode } from "../view.ts";
import { eventWords, guardWords } from "./words.ts";

export type GraphNode = Pick<ChartNode, "id" | "label" | "parent" | "kind" | "initial">;
export type GraphEdge = Pick<ChartEdge, "id" | "source" | "target" | "label" | "event">;

export interface MachineGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** Path in the machine, joined by dots; the root's path is "". */
export const pathOf = ({ path }: AnyStateNode): string => path.join(".");

const childrenOf = (node: AnyStateNode): AnyStateNode[] => Object.values(node.states);

export const nodesOf = (machine: AnyStateMachine): AnyStateNode[] => {
  const below = (node: AnyStateNode): AnyStateNode[] => [node, ...childrenOf(node).flatMap(below)];
  return below(machine.root);
};

export interface NumberedTransition {
  /** Arrow id. A transition with several targets gives several arrows with numbered ids. */
  readonly id: string;
  readonly source: AnyStateNode;
  readonly transition: AnyTransitionDefinition;
}

/** All transitions of a state, numbered in the definition's order. */
export const transitionsOf = (source: AnyStateNode): NumberedTransition[] =>
  [...[...source.transitions.values()].flat(), ...(source.always ?? [])].map((transition, index) => ({
    id: `${pathOf(source)}#${index}`,
    source,
    transition,
  }));

const isWithin = (id: string, state: string): boolean =>
  state === "" || id === state || id.startsWith(`${state}.`);

/** True if the transition leaves, enters or stays in the state or one of its substates. */
export const touches = ({ source, target = [] }: AnyTransitionDefinition, state: string): boolean =>
  [source, ...target].some((node) => isWithin(pathOf(node), state));

/** The transitions of a part of the chart, or all. */
export const transitionsWithin = (
  machine: AnyStateMachine,
  { state, edge }: { readonly state?: string | undefined; readonly edge?: string | undefined },
): NumberedTransition[] =>
  nodesOf(machine)
    .flatMap(transitionsOf)
    .filter(({ id }) => edge === undefined || id === edge.replace(/\+\d+$/, ""))
    .filter(({ transition }) => state === undefined || touches(transition, state));

/** Regions of a parallel state are all entered, so none of them is marked. */
const isInitial = (node: AnyStateNode): boolean =>
  node.parent?.type === "compound" && node.parent.initial.target.includes(node);

const graphNode = (node: AnyStateNode): GraphNode => ({
  id: pathOf(node),
  label: node.parent === undefined ? node.machine.id : node.key,
  kind: node.type,
  ...(node.parent === undefined ? {} : { parent: pathOf(node.parent) }),
  ...(isInitial(node) ? { initial: true } : {}),
});

/** A transition without a target changes no state, so it has no arrow. */
const graphEdges = ({ id, source, transition }: NumberedTransition): GraphEdge[] => {
  const { target = [], guard, eventType } = transition;
  const event = eventWords(eventType, source);
  const label = [event, guardWords(guard)].filter((part) => part !== "").join(" ");
  return target.map((to: AnyStateNode, index: number) => ({
    id: index === 0 ? id : `${id}+${index}`,
    source: pathOf(source),
    target: pathOf(to),
    label: label === "" ? "at once" : label,
    event,
  }));
};

export const machineGraph = (machine: AnyStateMachine): MachineGraph => {
  const nodes = nodesOf(machine);
  return { nodes: nodes.map(graphNode), edges: nodes.flatMap(transitionsOf).flatMap(graphEdges) };
};

/** Larger definitions are not drawn: the layout would take minutes, and the page could not show it. */
const maximumStates = 400;

const sizeOf = (definition: unknown, depth = 0): number => {
  if (typeof definition !== "object" || definition === null || depth > 20)
    return depth > 20 ? maximumStates : 1;
  const { states } = definition as { readonly states?: unknown };
  const inner = typeof states === "object" && states !== null ? Object.values(states) : [];
  return inner.reduce<number>((sum, state) => sum + sizeOf(state, depth + 1), 1);
};

const singleStateMachine = (definition: unknown): AnyStateMachine => {
  const { id } = (definition ?? {}) as { readonly id?: unknown };
  return createMachine({ id: typeof id === "string" && id !== "" ? id : "unknown" });
};

/** The definition may be invalid, because any agent can send one; an invalid one becomes a single state. */
export const drawableMachine = (definition: unknown): AnyStateMachine => {
  try {
    if (typeof definition !== "object" || definition === null || sizeOf(definition) >= maximumStates) {
      return singleStateMachine(definition);
    }
    const machine = createMachine({ ...definition, context: {} });
    machineGraph(machine);
    return machine;
  } catch {
    return singleStateMachine(definition);
  }
};

export const graphOf = (definition: unknown): MachineGraph => machineGraph(drawableMachine(definition));
