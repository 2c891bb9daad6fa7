/** Reads the current states of all actors on demand. It subscribes to nothing, so it costs nothing between reads. */
import type { AnyActorRef, AnyStateMachine } from "xstate";
import type { HouseWindow, Neighbour } from "../../actors/house.ts";

/** Short-lived actors of one kind, such as questions and jobs. */
export interface CrowdStates {
  readonly machine: AnyStateMachine;
  /** Number of actors in each innermost state. */
  readonly counts: Record<string, number>;
}

/** An agent that lives for one topic only, such as a question. */
export interface OpenedStates {
  readonly kind: string;
  readonly machine: AnyStateMachine;
  readonly innermost: readonly string[];
}

export interface CurrentStates {
  /** Innermost active states by agent name. */
  readonly agents: ReadonlyMap<string, readonly string[]>;
  readonly opened: ReadonlyMap<string, OpenedStates>;
  readonly crowds: ReadonlyMap<string, CrowdStates>;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** `{ solver: "resting", weights: { adopting: {} } }` → `solver.resting`, `weights.adopting`. */
export const innermostOf = (value: unknown, prefix = ""): string[] => {
  if (typeof value === "string") return [prefix + value];
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([state, inner]) => {
    const below = innermostOf(inner, `${prefix}${state}.`);
    return below.length > 0 ? below : [prefix + state];
  });
};

/** Undefined for an actor that is not a state machine. */
export const machineOf = (actor: AnyActorRef): AnyStateMachine | undefined => {
  const { logic } = actor as { readonly logic?: unknown };
  return isRecord(logic) && "root" in logic && "definition" in logic
    ? (logic as unknown as AnyStateMachine)
    : undefined;
};

export const crowdKind = (machine: AnyStateMachine): string => machine.id;

/** What a short-lived actor is about: its name only says which place it has (machines/places.ts). */
export const subjectOf = (actor: AnyActorRef, snapshot: unknown): string => {
  const { requested, request }: Readonly<Record<string, unknown>> =
    isRecord(snapshot) && isRecord(snapshot.context) ? snapshot.context : {};
  if (isRecord(requested) && typeof requested.job === "string") return requested.job;
  return isRecord(request) && typeof request.request === "string" ? request.request : actor.id;
};

export const childrenOf = (snapshot: unknown): AnyActorRef[] =>
  isRecord(snapshot) && isRecord(snapshot.children)
    ? Object.values(snapshot.children).flatMap((child) => (child as AnyActorRef | undefined) ?? [])
    : [];

class Collector implements CurrentStates {
  readonly agents = new Map<string, readonly string[]>();
  readonly opened = new Map<string, OpenedStates>();
  readonly crowds = new Map<string, CrowdStates>();

  open(name: string, kind: string, actor: AnyActorRef): void {
    const machine = machineOf(actor);
    if (machine === undefined) return;
    this.opened.set(name, { kind, machine, innermost: innermostOf(actor.getSnapshot().value) });
    this.count(kind, machine, actor);
  }

  count(kind: string, machine: AnyStateMachine, actor: AnyActorRef): void {
    const crowd = this.crowds.get(kind) ?? { machine, counts: {} };
    this.crowds.set(kind, crowd);
    const { counts } = crowd;
    const snapshot = actor.getSnapshot();
    for (const id of innermostOf(snapshot.value)) counts[id] = (counts[id] ?? 0) + 1;
    this.countChildren(snapshot);
  }

  countChildren(snapshot: unknown): void {
    for (const child of childrenOf(snapshot)) {
      const machine = machineOf(child);
      if (machine) this.count(crowdKind(machine), machine, child);
    }
  }
}

/** The last states of an agent that has ended; undefined for an agent that exists for one topic only. */
export const lastStatesOf = ({ residence, actor }: Neighbour): [string, readonly string[]] | undefined =>
  residence.topic === undefined ? [residence.name, innermostOf(actor.getSnapshot()?.value)] : undefined;

/** Agents that exist for one topic only also count in the crowd of their kind. */
export const currentStatesOf = (house: Pick<HouseWindow, "residents">): CurrentStates => {
  const collector = new Collector();
  for (const { residence, actor } of house.residents()) {
    if (residence.topic !== undefined) {
      collector.open(residence.name, residence.plan.kind, actor);
      continue;
    }
    const snapshot = actor.getSnapshot();
    collector.agents.set(residence.name, innermostOf(snapshot?.value));
    collector.countChildren(snapshot);
  }
  return collector;
};
