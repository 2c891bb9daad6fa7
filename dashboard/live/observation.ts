/**
 * What the agents go through and tell each other, seen while somebody watches.
 *
 * 1. Between `start` and `stop` actors are inspected; at any other time they are not, and nothing is kept.
 * 2. Per event only references are kept, and only for a while: words are made when they are asked for.
 * 3. Actors that share a name on the page, such as questions, share their events.
 */
import type { AnyActorRef, AnyTransitionDefinition, InspectionEvent } from "xstate";
import type { HouseWindow, Residence } from "../../actors/house.ts";
import type { EventView, Flow } from "../view.ts";
import { crowdName } from "../views/agents.ts";
import { childrenOf, crowdKind, machineOf } from "./current-states.ts";
import { wordsOf } from "./machine-table.ts";
import { concernsState, eventView, type ObservedEvent, tookArrow } from "./observed-event.ts";
import { RecentEvents } from "./recent-events.ts";

/** Flows in one frame: more could not be told apart on a page. */
const mostFlows = 300;

export interface EventsQuery {
  readonly agent?: string | undefined;
  readonly state?: string | undefined;
  readonly edge?: string | undefined;
  readonly limit: number;
}

type Counted = Flow & { count: number };

/** What is known of one actor between two of its events. */
interface Known {
  value: unknown;
  transitions: readonly AnyTransitionDefinition[];
}

const noTransitions: readonly AnyTransitionDefinition[] = [];

const within = <K, L, V>(outer: Map<K, Map<L, V>>, key: K): Map<L, V> => {
  const known = outer.get(key);
  if (known) return known;
  const fresh = new Map<L, V>();
  outer.set(key, fresh);
  return fresh;
};

export class Observation {
  readonly #house: HouseWindow;
  readonly #clock: () => number;
  #recent = new Map<string, RecentEvents>();
  #newest = new Map<string, ObservedEvent>();
  #known = new WeakMap<object, Known>();
  /** By hearer, sender and type. */
  #flows = new Map<string, Map<string, Map<string, Counted>>>();
  #order = 0;
  #stop: (() => void) | undefined;

  constructor(house: HouseWindow, clock: () => number = Date.now) {
    this.#house = house;
    this.#clock = clock;
  }

  start(): void {
    if (this.#stop) return;
    for (const { actor } of this.#house.residents()) this.#meet(actor);
    this.#stop = this.#house.watch({
      inspected: (residence, event) => this.#see(residence, event),
    });
  }

  /** Sees nothing more and keeps what it has seen. */
  freeze(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  stop(): void {
    this.freeze();
    this.#recent = new Map();
    this.#newest = new Map();
    this.#flows = new Map();
    this.#known = new WeakMap();
  }

  /** Last event of each agent, in words. */
  lastEvents(): Map<string, string> {
    const words = [...this.#newest].map(([agent, { machine, event }]): [string, string] => [
      agent,
      wordsOf(machine, event.type),
    ]);
    return new Map(words);
  }

  /** Since they were taken last, the largest first. */
  takeFlows(): Flow[] {
    if (this.#flows.size === 0) return [];
    const byHearer = [...this.#flows.values()].flatMap((bySender) => [...bySender.values()]);
    const flows = byHearer
      .flatMap((byType) => [...byType.values()])
      .toSorted((left, right) => right.count - left.count);
    this.#flows = new Map();
    return flows.slice(0, mostFlows);
  }

  /** The newest first. */
  events({ agent, state, edge, limit }: EventsQuery): EventView[] {
    const isMeant = (observed: ObservedEvent): boolean =>
      (state === undefined || concernsState(observed, state)) &&
      (edge === undefined || tookArrow(observed, edge));
    const found = [...this.#recent].flatMap(([name, recent]) =>
      recent
        .events()
        .filter((observed) => agent === undefined || agent === name || agent === observed.agent)
        .filter(isMeant)
        .slice(0, limit),
    );
    const newestFirst = found.toSorted((left, right) => right.order - left.order);
    return newestFirst.slice(0, limit).map(eventView);
  }

  /** Called several times for every event: what it allocates lasts as long as it must and no longer. */
  #see(residence: Residence, event: InspectionEvent): void {
    if (event.type === "@xstate.microstep") this.#step(event.actorRef, event._transitions);
    if (event.type !== "@xstate.snapshot") return;
    const actor = event.actorRef as AnyActorRef;
    const machine = machineOf(actor);
    if (machine === undefined) return;
    const known = this.#knownOf(actor);
    const { value: after } = event.snapshot as { readonly value?: unknown };
    const { transitions, value: before } = known;
    known.value = after;
    known.transitions = noTransitions;
    const isChild = actor._parent !== undefined;
    const agent = isChild ? actor.id : residence.name;
    const at = this.#clock();
    const order = this.#order++;
    const name = isChild ? crowdName(crowdKind(machine)) : nameOf(residence);
    this.#keep(name, { agent, at, order, machine, event: event.event, before, after, transitions });
    const { from } = event.event as { readonly from?: unknown };
    // What an agent passes on to its children is no message of its own.
    if (typeof from === "string" && !isChild) this.#count(from, name, event.event.type);
  }

  #step(actor: object, transitions: readonly AnyTransitionDefinition[]): void {
    if (transitions.length === 0) return;
    const known = this.#knownOf(actor);
    known.transitions = known.transitions.length === 0 ? transitions : known.transitions.concat(transitions);
  }

  #keep(name: string, observed: ObservedEvent): void {
    let recent = this.#recent.get(name);
    if (recent === undefined) {
      recent = new RecentEvents();
      this.#recent.set(name, recent);
    }
    recent.keep(observed);
    this.#newest.set(name, observed);
  }

  /** Where an actor that lives already stands. */
  #meet(actor: AnyActorRef): void {
    const snapshot = actor.getSnapshot();
    if (machineOf(actor)) this.#known.set(actor, { value: snapshot.value, transitions: noTransitions });
    for (const child of childrenOf(snapshot)) this.#meet(child);
  }

  /** Called for every message that anybody hears: no text is made. */
  #count(from: string, to: string, type: string): void {
    const flow = within(within(this.#flows, to), from).get(type);
    if (flow) flow.count += 1;
    else within(within(this.#flows, to), from).set(type, { from, to, type, count: 1 });
  }

  #knownOf(actor: object): Known {
    const known = this.#known.get(actor);
    if (known) return known;
    const fresh = { value: undefined, transitions: noTransitions };
    this.#known.set(actor, fresh);
    return fresh;
  }
}

/** An agent that only lives for one topic is shown by its kind. */
const nameOf = ({ name, topic, plan }: Residence): string =>
  topic === undefined ? name : crowdName(plan.kind);
