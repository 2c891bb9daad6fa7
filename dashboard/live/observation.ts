/**
 * Records the agents' events and message flows while a page is open.
 *
 * 1. Actors are inspected only between `start` and `stop`; `stop` drops all records.
 * 2. An event stores references only and is kept for a limited time. Texts are made on request.
 * 3. Actors with one name on the page, such as questions, share one list of events.
 */
import type { AnyActorRef, AnyTransitionDefinition, InspectionEvent } from "xstate";
import type { HouseWindow, Residence } from "../../actors/house.ts";
import type { EventView, Flow } from "../view.ts";
import { crowdName, isOfCrowd } from "../views/agents.ts";
import { childrenOf, crowdKind, machineOf, subjectOf } from "./current-states.ts";
import { wordsOf } from "./machine-table.ts";
import { concernsState, eventView, type ObservedEvent, sendersOf, tookArrow } from "./observed-event.ts";
import { RecentEvents } from "./recent-events.ts";
import { Transitions } from "./transitions.ts";

/** Maximum flows in one frame; a page could not show more of them legibly. */
const maximumFlows = 300;

export interface EventsQuery {
  readonly agent?: string | undefined;
  readonly state?: string | undefined;
  readonly edge?: string | undefined;
  /** Only events that bring a message of this agent or crowd. */
  readonly from?: string | undefined;
  /** Only events up to this time [epoch ms]. */
  readonly until?: number | undefined;
  readonly limit: number;
}

type Counted = Flow & { count: number };

/** State of one actor between two of its events. */
interface ActorState {
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
  #transitions = new Transitions();
  #known = new WeakMap<object, ActorState>();
  /** By receiver, sender and type. */
  #flows = new Map<string, Map<string, Map<string, Counted>>>();
  /** Name of the crowd of agents that exist for one topic. */
  #guests: string | undefined;
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

  /** Stops recording and keeps the records. */
  freeze(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  stop(): void {
    this.freeze();
    this.#recent = new Map();
    this.#newest = new Map();
    this.#transitions = new Transitions();
    this.#flows = new Map();
    this.#known = new WeakMap();
  }

  /** The last event of each agent as text. */
  lastEvents(): Map<string, string> {
    const words = [...this.#newest].map(([agent, { machine, event }]): [string, string] => [
      agent,
      wordsOf(machine, event.type),
    ]);
    return new Map(words);
  }

  /** What the agents' machines went through since the first viewer connected. */
  get transitions(): Transitions {
    return this.#transitions;
  }

  /** The flows since the last call, largest first. */
  takeFlows(): Flow[] {
    if (this.#flows.size === 0) return [];
    const byReceiver = [...this.#flows.values()].flatMap((bySender) => [...bySender.values()]);
    const flows = byReceiver
      .flatMap((byType) => [...byType.values()])
      .toSorted((left, right) => right.count - left.count);
    this.#flows = new Map();
    return flows.slice(0, maximumFlows);
  }

  /** The matching events, newest first. */
  events({ agent, state, edge, from, until, limit }: EventsQuery): EventView[] {
    const matches = (observed: ObservedEvent): boolean =>
      (state === undefined || concernsState(observed, state)) &&
      (edge === undefined || tookArrow(observed, edge)) &&
      (from === undefined || sendersOf(observed.event).some((sender) => this.#shown(sender) === from)) &&
      (until === undefined || observed.at <= until);
    const found = [...this.#recent].flatMap(([name, recent]) =>
      recent
        .events()
        .filter((observed) => agent === undefined || agent === name || agent === observed.agent)
        .filter(matches)
        .slice(0, limit),
    );
    const newestFirst = found.toSorted((left, right) => right.order - left.order);
    return newestFirst.slice(0, limit).map(eventView);
  }

  /** Called several times for every event, so it allocates little and keeps no object longer than needed. */
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
    const agent = isChild ? subjectOf(actor, event.snapshot) : residence.name;
    const at = this.#clock();
    const order = this.#order++;
    const name = isChild ? crowdName(crowdKind(machine)) : nameOf(residence);
    this.#keep(name, { agent, at, order, machine, event: event.event, before, after, transitions });
    if (transitions.length > 0) this.#transitions.add(name, machine, transitions);
    // A message that an agent forwards to its children is not a new message.
    if (residence.topic !== undefined) this.#guests = name;
    if (!isChild) for (const from of sendersOf(event.event)) this.#count(from, name, event.event.type);
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

  /** Stores the current state of an actor that is already running. */
  #meet(actor: AnyActorRef): void {
    const snapshot = actor.getSnapshot();
    if (machineOf(actor)) this.#known.set(actor, { value: snapshot.value, transitions: noTransitions });
    for (const child of childrenOf(snapshot)) this.#meet(child);
  }

  /** Called for every delivered message, so it builds no strings. */
  #count(sender: string, to: string, type: string): void {
    const from = this.#shown(sender);
    const flow = within(within(this.#flows, to), from).get(type);
    if (flow) flow.count += 1;
    else within(within(this.#flows, to), from).set(type, { from, to, type, count: 1 });
  }

  /** The agent or crowd that a sender is on the page. */
  #shown(sender: string): string {
    return isOfCrowd(sender) ? (this.#guests ?? sender) : sender;
  }

  #knownOf(actor: object): ActorState {
    const known = this.#known.get(actor);
    if (known) return known;
    const fresh = { value: undefined, transitions: noTransitions };
    this.#known.set(actor, fresh);
    return fresh;
  }
}

/** An agent that exists for one topic only appears under its kind. */
const nameOf = ({ name, topic, plan }: Residence): string =>
  topic === undefined ? name : crowdName(plan.kind);
