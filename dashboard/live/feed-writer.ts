/**
 * Writes a run's feed: at most one line per second, with the changed states, the arrows taken, the training steps, the busiest
 * message flows and the times of the messages about the questions that have ended.
 *
 * 1. It does not affect the run: each write is a few hundred bytes and about a kilobyte for each question, and after a
 *    failed write it stops while the run continues.
 * 2. An interrupted process may leave an incomplete line, so each process begins with a line break.
 */
import { appendFileSync } from "node:fs";
import type { HouseWindow } from "../../actors/house.ts";
import { definitionOf } from "../../machines/definition.ts";
import type { Message } from "../../runtime/messages.ts";
import { type FeedFlow, type FeedLine, type FeedStep, feedFile } from "../record/feed.ts";
import { type CurrentStates, currentStatesOf, lastStatesOf } from "./current-states.ts";
import { FeedTransitions } from "./feed-transitions.ts";
import { MessageTimes } from "./message-times.ts";
import { SentMessages } from "./sent-messages.ts";
import type { Transitions } from "./transitions.ts";

/** Time between two lines [ms]. */
const pause = 1_000;
/** Maximum training steps of one job per line; the loss curves need no more. */
const maximumSteps = 8;

/** Maximum flows per line, and the number of lines of which one has them: a long run's feed must stay small. */
const maximumFlows = 32;
const flowLines = 3;

const nothing: CurrentStates = { agents: new Map(), opened: new Map(), crowds: new Map() };

const keyOf = (counts: Readonly<Record<string, number>>): string => JSON.stringify(counts);

export class FeedWriter {
  readonly #file: string;
  readonly #clock: () => number;
  readonly #agents = new Map<string, string>();
  readonly #crowds = new Map<string, string>();
  /** The last states of agents that have ended. */
  readonly #departed = new Map<string, readonly string[]>();
  readonly #steps: FeedStep[] = [];
  readonly #times = new MessageTimes();
  readonly #sent = new SentMessages();
  #stepsOfJob = new Map<string, number>();
  #lines = 0;
  #isFirst = true;
  #timer: NodeJS.Timeout | undefined;
  #stopWatching: () => void = () => {};
  #transitions: FeedTransitions | undefined;
  #house: HouseWindow | undefined;

  constructor(runFolder: string, clock: () => number = Date.now) {
    this.#file = feedFile(runFolder);
    this.#clock = clock;
  }

  /** Keeps training progress, counts messages and notes their times for the next line, also before `start`. */
  accept(message: Message): void {
    this.#sent.add(message);
    this.#times.accept(message);
    if (message.type !== "training.progressed") return;
    const { at, job, model, state, step, steps, loss, slot } = message;
    const known = this.#stepsOfJob.get(job) ?? 0;
    this.#stepsOfJob.set(job, known + 1);
    if (step > 0 && step < steps && known >= maximumSteps) return;
    const entry = [at, job, model, state, step, steps, Number(loss.toPrecision(5))] as const;
    this.#steps.push(slot === undefined ? [...entry] : [...entry, slot]);
  }

  /** @param observed what the page observes of the house's machines; undefined while nobody watches */
  start(house: HouseWindow, observed: () => Transitions | undefined = () => undefined): void {
    this.#house = house;
    this.#transitions = new FeedTransitions(house, observed);
    this.#stopWatching = house.watch({
      left: (neighbour) => {
        const last = lastStatesOf(neighbour);
        if (last) this.#departed.set(...last);
      },
      closing: () => this.#finish(),
    });
    this.#timer = setInterval(() => this.write(), pause).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stopWatching();
    this.#house = undefined;
  }

  #finish(): void {
    this.write();
    this.close();
  }

  /** Writes a line, or nothing if nothing has changed. */
  write(): void {
    const { at, ...news } = this.#line();
    if (Object.keys(news).length === 0) return;
    try {
      appendFileSync(this.#file, `${this.#isFirst ? "\n" : ""}${JSON.stringify({ at, ...news })}\n`);
      this.#isFirst = false;
    } catch {
      this.close();
    }
  }

  #line(): FeedLine {
    const current = this.#house ? currentStatesOf(this.#house) : nothing;
    const agents = new Map([...this.#departed, ...current.agents]);
    const states = this.#changedAgents(agents);
    const transitions = this.#transitions?.next(current, states);
    const progress = this.#steps.splice(0);
    this.#stepsOfJob = new Map();
    const flows = this.#flows();
    return {
      at: this.#clock(),
      ...filled("machines", this.#newMachines(current)),
      ...filled("states", states),
      ...filled("crowds", this.#changedCrowds(current)),
      ...(progress.length > 0 ? { progress } : {}),
      ...filled("told", this.#times.take()),
      ...filled("taken", transitions?.taken ?? {}),
      ...filled("passed", transitions?.passed ?? {}),
      ...(flows.length > 0 ? { flows } : {}),
    };
  }

  #flows(): FeedFlow[] {
    this.#lines += 1;
    if (this.#house === undefined || this.#lines % flowLines !== 1) return [];
    return this.#sent.take(this.#house, maximumFlows);
  }

  #newMachines({ crowds }: CurrentStates): Record<string, unknown> {
    const fresh = [...crowds].filter(([kind]) => !this.#crowds.has(kind));
    return Object.fromEntries(fresh.map(([kind, { machine }]) => [kind, definitionOf(machine)]));
  }

  #changedAgents(agents: CurrentStates["agents"]): Record<string, string[]> {
    const changed: Record<string, string[]> = {};
    for (const [agent, innermost] of agents) {
      const key = innermost.join();
      if (this.#agents.get(agent) !== key) changed[agent] = [...innermost];
      this.#agents.set(agent, key);
    }
    return changed;
  }

  /** A crowd that has disappeared is recorded once, without counts. */
  #changedCrowds({ crowds }: CurrentStates): Record<string, Record<string, number>> {
    const changed: Record<string, Record<string, number>> = {};
    for (const kind of new Set([...this.#crowds.keys(), ...crowds.keys()])) {
      const counts = crowds.get(kind)?.counts ?? {};
      if (this.#crowds.get(kind) !== keyOf(counts)) changed[kind] = counts;
      this.#crowds.set(kind, keyOf(counts));
    }
    return changed;
  }
}

const filled = <const K extends keyof FeedLine, T extends object>(
  key: K,
  record: T,
): { readonly [P in K]?: T } =>
  (Object.keys(record).length > 0 ? { [key]: record } : {}) as { readonly [P in K]?: T };
