/**
 * Where agents live: starts an actor for each, hears for it, and outlives its failure.
 *
 * 1. Every agent is one root actor in our own map; its errors are subscribed to before it starts.
 * 2. An agent that fails is recorded with its cause and leaves; a failed essential agent ends the run.
 * 3. An agent hears nothing before it has started and nothing after it has left; with it stops its work.
 * 4. Who follows one topic is still told when anybody leaves or lapses.
 */
import { type AnyActorRef, createActor, type InspectionEvent } from "xstate";
import type { AgentPlan } from "../actors/agent.ts";
import type { Draft, Message, MessageOf } from "./messages.ts";
import type { Wire } from "./wire/wire.ts";

export interface Residence {
  readonly name: string;
  readonly plan: AgentPlan;
  readonly member: boolean;
  readonly essential: boolean;
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

/** A machine's definition as plain data: functions and symbols do not travel. */
export const definitionOf = ({ machine }: AgentPlan): unknown =>
  JSON.parse(JSON.stringify(machine.definition ?? {}));

interface Resident {
  readonly actor: AnyActorRef;
  readonly leave: () => void;
  /** Hears of leavings although they are not its topic. */
  readonly hearsLeavings: boolean;
}

/** XState lets the children of an actor that failed go on: here they are told what stopping tells them. */
const stopChildren = (actor: AnyActorRef): void => {
  const { children = {} }: { children?: Record<string, AnyActorRef> } = actor.getSnapshot();
  for (const child of Object.values(children)) child.send({ type: "xstate.stop" });
};

export class House {
  readonly #options: HouseOptions;
  readonly #actors = new Map<string, Resident>();
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
    const leave = this.#listen(residence, actor);
    const hearsLeavings = residence.topic !== undefined && plan.hears.includes("agent.left");
    this.#actors.set(name, { actor, leave, hearsLeavings });
    actor.subscribe({
      error: (error) => this.#failed(residence, error),
      complete: () => this.#left(name),
    });
    actor.start();
  }

  /** An agent that has failed already does not join. */
  announce({ name, plan, model, member }: Residence): void {
    if (!this.#actors.has(name)) return;
    const known = model === undefined ? {} : { model };
    const machine = definitionOf(plan);
    this.send(name, [{ type: "agent.joined", agent: name, kind: plan.kind, machine, member, ...known }]);
  }

  send(from: string, drafts: readonly Draft[]): void {
    if (this.#closed) return;
    for (const draft of drafts) this.#options.wire.send(draft, from);
  }

  /** Stops every agent and with it every call that is under way. */
  close(): void {
    this.#closed = true;
    for (const { actor, leave } of this.#actors.values()) {
      leave();
      actor.stop();
    }
    this.#actors.clear();
  }

  #listen({ plan: { hears, heeds }, topic }: Residence, actor: AnyActorRef): () => void {
    if (hears.length === 0) return () => {};
    const hear = heeds
      ? (message: Message) => void (heeds(message) && actor.send(message))
      : (message: Message) => actor.send(message);
    const listening = this.#options.wire.hear(hears, hear, topic === undefined ? {} : { id: topic });
    return () => listening.unsubscribe();
  }

  #tellLeft(message: MessageOf<"agent.left" | "agent.lapsed">): void {
    for (const { actor, hearsLeavings } of [...this.#actors.values()]) {
      if (hearsLeavings) actor.send(message);
    }
  }

  #left(name: string): void {
    this.#actors.get(name)?.leave();
    this.#actors.delete(name);
  }

  #failed({ name, plan, member, essential }: Residence, error: unknown): void {
    const actor = this.#actors.get(name)?.actor;
    this.#left(name);
    if (actor) stopChildren(actor);
    if (this.#closed) return;
    const cause = causeOf(error);
    this.send(name, [{ type: "agent.failed", agent: name, where: "its state machine", cause }]);
    this.send(name, plan.lastWords?.(cause) ?? []);
    if (member) this.send(name, [{ type: "agent.left", agent: name, reason: `failed: ${cause}` }]);
    if (essential) this.#options.onFatal(new Error(`agent ${name} failed: ${cause}`, { cause: error }));
  }
}

const observe = (inspect: (event: InspectionEvent) => void, event: InspectionEvent): void => {
  try {
    inspect(event);
  } catch {
    // An observer must never disturb what it observes.
  }
};
