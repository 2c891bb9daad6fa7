/**
 * Where agents live: starts an actor for each, hears for it, and outlives its failure.
 *
 * 1. Every agent is one root actor in our own map; its errors are subscribed to before it starts.
 * 2. An agent that fails is recorded with its cause and leaves; a failed essential agent ends the run. One that ends by
 *    itself leaves too, if others wait for it.
 * 3. An agent hears nothing before it has started and nothing after it has left; with it stops its work.
 * 4. Who follows one topic is still told when anybody leaves or lapses.
 * 5. Who has a transition for a message hears it; what it emits is sent, if it is a message. An agent that gathers
 *    hears what arrives within one turn of the event loop in order, messages of one type in a row as one event.
 * 6. Actors are inspected only while somebody watches: XState lets observers come and go with living actors.
 */
import {
  type AnyActorRef,
  type AnyStateMachine,
  createActor,
  type EventObject,
  type InspectionEvent,
  type Subscription,
} from "xstate";
import { definitionOf, type StateDefinition } from "../machines/definition.ts";
import { type Draft, type Message, type MessageOf, type MessageType, schemas } from "../runtime/messages.ts";
import type { Wire } from "../runtime/wire/wire.ts";
import type { AgentPlan } from "./agent.ts";
import { Mailbox } from "./mailbox.ts";

export interface Residence {
  readonly name: string;
  readonly plan: AgentPlan;
  readonly member: boolean;
  readonly essential: boolean;
  /** Questions wait for its remarks. */
  readonly remarks?: boolean | undefined;
  /** It poses the questions of all rounds. */
  readonly poses?: boolean | undefined;
  /** It verifies all solutions beside the members. */
  readonly verifies?: boolean | undefined;
  readonly model?: string | undefined;
  /** Hears only messages about this question or job. */
  readonly topic?: string | undefined;
}

export interface HouseOptions {
  readonly wire: Wire;
  /** An essential agent has failed: the run cannot go on. */
  readonly onFatal: (cause: Error) => void;
  /** Observes every actor; what it throws is dropped. */
  readonly inspect?: ((event: InspectionEvent) => void) | undefined;
}

const causeOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isMessageType = (type: string): type is MessageType => Object.hasOwn(schemas, type);

/** Whatever else a machine emits is for whoever watches it. */
const isDraft = (emitted: EventObject): emitted is Draft => isMessageType(emitted.type);

const charts = new WeakMap<object, StateDefinition>();
const heard = new WeakMap<object, readonly MessageType[]>();

/** What agents with this machine hear: found once, since a question opens with every question. */
const heardBy = (machine: AnyStateMachine): readonly MessageType[] => {
  const types = heard.get(machine) ?? machine.events.map(String).filter(isMessageType);
  heard.set(machine, types);
  return types;
};

/** Agents of one kind have one chart. */
const chartOf = ({ id, config }: AnyStateMachine): StateDefinition => {
  const chart = charts.get(config) ?? definitionOf({ id, config });
  charts.set(config, chart);
  return chart;
};

/** Others wait for what it has to say, until they hear that it has left. */
const isNeeded = ({ member, remarks = false, poses = false, verifies = false }: Residence): boolean =>
  member || remarks || poses || verifies;

type Look = (residence: Residence, event: InspectionEvent) => void;

/** Looks on; it must not touch what it sees, and what it throws is dropped. */
export interface Watcher {
  /** Whatever an agent's actor, or one of the actors it has started, goes through. */
  readonly inspected?: Look;
  /** An agent has ended by itself; its actor still says how. */
  readonly left?: (neighbour: Neighbour) => void;
  /** The house is about to close: the last moment at which agents can be seen. */
  readonly closing?: () => void;
}

/** What others may see of a house. */
export interface HouseWindow {
  residents(): Iterable<Neighbour>;
  /** Returns the way to stop watching. */
  watch(watcher: Watcher): () => void;
}

export interface Neighbour {
  readonly residence: Residence;
  readonly actor: AnyActorRef;
}

interface Resident extends Neighbour {
  readonly tell: (message: Message) => void;
  readonly leave: () => void;
  /** Hears of leavings although they are not its topic. */
  readonly hearsLeavings: boolean;
  inspection: Subscription | undefined;
}

const tellerOf = ({ gathers = false }: AgentPlan, actor: AnyActorRef): ((message: Message) => void) => {
  if (!gathers) return actor.send;
  const mailbox = new Mailbox(actor.send);
  return (message) => mailbox.add(message);
};

/** XState lets the children of an actor that failed go on: here they are told what stopping tells them. */
const stopChildren = (actor: AnyActorRef): void => {
  const { children = {} }: { children?: Record<string, AnyActorRef> } = actor.getSnapshot();
  for (const child of Object.values(children)) child.send({ type: "xstate.stop" });
};

export class House implements HouseWindow {
  readonly #options: HouseOptions;
  readonly #actors = new Map<string, Resident>();
  readonly #watchers = new Set<Watcher>();
  /** Of the watchers that inspect: asked several times for every event. */
  #looks: readonly Look[] = [];
  #closed = false;

  constructor(options: HouseOptions) {
    this.#options = options;
    options.wire.hear(["agent.left", "agent.lapsed"], (message) => this.#tellLeft(message));
  }

  get size(): number {
    return this.#actors.size;
  }

  /** A name that is taken is an error: agents are told apart by name. */
  admit(residence: Residence): void {
    const { name, plan } = residence;
    if (this.#closed) return;
    if (this.#actors.has(name)) throw new Error(`two agents are named ${name}; give each its own name`);
    const inspect = this.#options.inspect;
    const actor = createActor(plan.machine, {
      id: name,
      input: plan.input,
      ...(inspect ? { inspect: (event: InspectionEvent) => observe(inspect, event) } : {}),
    });
    const tell = tellerOf(plan, actor);
    const leave = this.#listen(residence, tell);
    const hearsLeavings = residence.topic !== undefined && heardBy(plan.machine).includes("agent.left");
    const resident = { residence, actor, tell, leave, hearsLeavings, inspection: undefined };
    this.#actors.set(name, resident);
    if (this.#looks.length > 0) this.#inspect(resident);
    actor.subscribe({
      error: (error) => this.#failed(residence, error),
      complete: () => this.#ended(residence),
    });
    actor.on("*", (emitted) => void (isDraft(emitted) && this.send(name, [emitted])));
    actor.start();
  }

  /** An agent that has failed already does not join. */
  announce({ name, plan, model, member, remarks, poses, verifies }: Residence): void {
    if (!this.#actors.has(name)) return;
    const known = {
      ...(model === undefined ? {} : { model }),
      ...(remarks ? { remarks } : {}),
      ...(poses ? { poses } : {}),
      ...(verifies ? { verifies } : {}),
    };
    const machine = chartOf(plan.machine);
    this.send(name, [{ type: "agent.joined", agent: name, kind: plan.kind, machine, member, ...known }]);
  }

  send(from: string, drafts: readonly Draft[]): void {
    if (this.#closed) return;
    for (const draft of drafts) this.#options.wire.send(draft, from);
  }

  residents(): Iterable<Neighbour> {
    return this.#actors.values();
  }

  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    this.#inspectWhileWatched();
    return () => {
      this.#watchers.delete(watcher);
      this.#inspectWhileWatched();
    };
  }

  /** Stops every agent, and says for each what others would wait for: they go on without it. */
  leave(reason: string): void {
    for (const [name, { residence, actor, leave }] of [...this.#actors]) {
      leave();
      actor.stop();
      this.send(name, residence.plan.lastWords?.(reason) ?? []);
    }
    this.close();
  }

  /** Stops every agent and with it every call that is under way. */
  close(): void {
    if (!this.#closed) for (const { closing } of this.#watchers) if (closing) observe(closing, undefined);
    this.#closed = true;
    for (const { actor, leave } of this.#actors.values()) {
      leave();
      actor.stop();
    }
    this.#actors.clear();
  }

  #inspectWhileWatched(): void {
    this.#looks = [...this.#watchers].flatMap(({ inspected }) => inspected ?? []);
    for (const resident of this.#actors.values()) {
      if (this.#looks.length > 0) this.#inspect(resident);
      else resident.inspection?.unsubscribe();
      if (this.#looks.length === 0) resident.inspection = undefined;
    }
  }

  #inspect(resident: Resident): void {
    const { residence, actor } = resident;
    resident.inspection ??= actor.system.inspect((event: InspectionEvent) => this.#show(residence, event));
  }

  #show(residence: Residence, event: InspectionEvent): void {
    try {
      for (const look of this.#looks) look(residence, event);
    } catch {
      // A watcher must never disturb what it watches.
    }
  }

  #listen({ plan: { machine, heeds }, topic }: Residence, tell: (message: Message) => void): () => void {
    const hears = heardBy(machine);
    if (hears.length === 0) return () => {};
    const hear = heeds ? (message: Message) => void (heeds(message) && tell(message)) : tell;
    const listening = this.#options.wire.hear(hears, hear, topic === undefined ? {} : { id: topic });
    return () => listening.unsubscribe();
  }

  #tellLeft(message: MessageOf<"agent.left" | "agent.lapsed">): void {
    for (const { tell, hearsLeavings } of [...this.#actors.values()]) {
      if (hearsLeavings) tell(message);
    }
  }

  #left(name: string): void {
    const resident = this.#actors.get(name);
    if (resident === undefined) return;
    resident.leave();
    this.#actors.delete(name);
    if (this.#closed) return;
    for (const { left } of this.#watchers) if (left) observe(left, resident);
  }

  /** An actor that is stopped completes too. */
  #ended(residence: Residence): void {
    const actor = this.#actors.get(residence.name)?.actor;
    this.#left(residence.name);
    if (actor?.getSnapshot().status === "done") this.#tellGone(residence, "it has ended");
  }

  #tellGone(residence: Residence, reason: string): void {
    const { name } = residence;
    if (isNeeded(residence)) this.send(name, [{ type: "agent.left", agent: name, reason }]);
  }

  #failed(residence: Residence, error: unknown): void {
    const { name, plan, essential } = residence;
    const actor = this.#actors.get(name)?.actor;
    this.#left(name);
    if (actor) stopChildren(actor);
    if (this.#closed) return;
    const cause = causeOf(error);
    this.send(name, [{ type: "agent.failed", agent: name, where: "its state machine", cause }]);
    this.send(name, plan.lastWords?.(cause) ?? []);
    this.#tellGone(residence, `failed: ${cause}`);
    if (essential) this.#options.onFatal(new Error(`agent ${name} failed: ${cause}`, { cause: error }));
  }
}

const observe = <T>(look: (seen: T) => void, seen: T): void => {
  try {
    look(seen);
  } catch {
    // An observer must never disturb what it observes.
  }
};
