/**
 * Makes frames: the whole picture for whoever has just come, and what has changed for everybody else.
 *
 * 1. A live run's states are sampled when a frame is made; a run played elsewhere, or over, is told by its files.
 * 2. The files are read, and the views' revisions told, at most once a second.
 * 3. The last current before the house closes stays: a page shows how the run ended.
 */
import type { AnyStateMachine } from "xstate";
import type { HouseWindow } from "../../actors/house.ts";
import { definitionOf } from "../../machines/definition.ts";
import type { Charts } from "../charts/charts.ts";
import type { Chronicle } from "../record/chronicle.ts";
import type { AgentView, Frame, ViewName } from "../view.ts";
import type { Pictures } from "../views/pictures.ts";
import { standing } from "../views/standing.ts";
import type { States } from "../views/states.ts";
import { type CurrentStates, currentStatesOf, lastStatesOf } from "./current-states.ts";
import { Observation } from "./observation.ts";

/** Between two readings of the files [ms]. */
const readingPause = 1_000;
/** What was read so shortly ago needs no other reading [ms]. */
const freshFor = 200;
/** Short-lived agents that are told of one by one; their crowd counts them all. */
const mostOpened = 32;

export interface FramesOptions {
  readonly chronicle: Chronicle;
  readonly pictures: Pictures;
  readonly charts: Charts;
  /** The agents of a run that is played in this process. */
  readonly house?: HouseWindow | undefined;
  readonly clock?: () => number;
  /** The files cannot be read. */
  readonly onTrouble?: (cause: unknown) => void;
}

export class Frames {
  readonly observation: Observation | undefined;
  readonly #options: FramesOptions;
  readonly #clock: () => number;
  readonly #chartIds = new WeakMap<AnyStateMachine, string>();
  /** Of every kind that has been seen: a crowd that has gone is empty. */
  readonly #crowdCharts = new Map<string, string>();
  /** Where agents stood when they ended. */
  readonly #departedStates = new Map<string, readonly string[]>();
  /** What everybody has been told of each agent. */
  #sent = new Map<string, string>();
  #revisions: Readonly<Record<ViewName, number>>;
  #sentRevisions = "";
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #sequence = 0;
  #lastStates: CurrentStates | undefined;
  #ended: string | undefined;
  #sentEnd: string | undefined;

  constructor(options: FramesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.#revisions = options.pictures.newest().revisions();
    const { house } = options;
    this.observation = house && new Observation(house, this.#clock);
    house?.watch({
      left: (neighbour) => {
        const last = lastStatesOf(neighbour);
        if (last) this.#departedStates.set(...last);
      },
      closing: () => {
        this.#lastStates = currentStatesOf(house);
        this.observation?.freeze();
      },
    });
  }

  get isLive(): boolean {
    return this.#options.house !== undefined && this.#ended === undefined;
  }

  /** How the run ended; undefined while it lives, and where its files do not say. */
  get ended(): string | undefined {
    return this.#ended ?? this.#options.pictures.newest().outcome;
  }

  /** Whoever hears of the end sees all that came before it: the files are read to their end first. */
  async end(outcome: string): Promise<void> {
    await this.#reading?.catch(() => {});
    await this.read().catch((cause: unknown) => this.#options.onTrouble?.(cause));
    this.#ended = outcome;
  }

  /** Catches up with the files; the next frame tells the revisions. */
  async read(): Promise<void> {
    const { chronicle, pictures } = this.#options;
    this.#readAt = this.#clock();
    this.#reading ??= chronicle.read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    this.#revisions = pictures.newest().revisions();
  }

  /** Catches up unless that has just been done. */
  async freshen(): Promise<void> {
    if (this.#reading || this.#clock() - this.#readAt >= freshFor) await this.read();
  }

  /** Everything there is now. */
  whole(): Frame {
    return { ...this.#frame(this.#agents()), flows: [] };
  }

  /** What has changed since the last call, or undefined. */
  next(): Frame | undefined {
    this.#readSometimes();
    const now = this.#agents();
    const agents = [...now.filter((view) => this.#isNews(view)), ...this.#departed(now)];
    const flows = this.observation?.takeFlows() ?? [];
    const revisions = JSON.stringify(this.#revisions);
    const isNews = revisions !== this.#sentRevisions || this.#ended !== this.#sentEnd;
    if (agents.length === 0 && flows.length === 0 && !isNews) return undefined;
    this.#sentRevisions = revisions;
    this.#sentEnd = this.#ended;
    this.#sequence += 1;
    return { ...this.#frame(agents), flows };
  }

  /** The whole picture at a past instant. */
  at(until: number | undefined): Frame {
    const picture = this.#options.pictures.at(until);
    if (picture === this.#options.pictures.newest()) return this.whole();
    const instant = { at: picture.at, states: picture.states.view(), isOver: picture.outcome !== undefined };
    return {
      ...{ sequence: 0, at: picture.at, agents: picture.agents.view(instant), flows: [] },
      revisions: picture.revisions(),
      ...(picture.outcome === undefined ? {} : { ended: picture.outcome }),
    };
  }

  #readSometimes(): void {
    if (this.#clock() - this.#readAt < readingPause) return;
    this.read().catch((cause: unknown) => this.#options.onTrouble?.(cause));
  }

  #frame(agents: readonly AgentView[]): Omit<Frame, "flows"> {
    const { ended } = this;
    return {
      sequence: this.#sequence,
      at: this.isLive ? this.#clock() : this.#options.pictures.newest().at,
      agents,
      revisions: this.#revisions,
      ...(ended === undefined ? {} : { ended }),
    };
  }

  #agents(): AgentView[] {
    const picture = this.#options.pictures.newest();
    const at = this.isLive ? this.#clock() : picture.at;
    const current = this.#currentStates();
    const states = current ? this.#statesOf(current) : picture.states.view();
    const lastEvents = this.observation?.lastEvents();
    const views = picture.agents.view({
      ...{ at, states, isOver: !this.isLive },
      ...(lastEvents ? { lastEvents } : {}),
    });
    return [...views, ...this.#opened(current)];
  }

  /** The states of a run that is played here. */
  #currentStates(): CurrentStates | undefined {
    const { house } = this.#options;
    return this.#lastStates ?? (house && currentStatesOf(house));
  }

  #opened(current: CurrentStates | undefined): AgentView[] {
    if (current === undefined || !this.isLive) return [];
    const eldest = [...current.opened].slice(0, mostOpened);
    return eldest.map(([agent, { kind, machine, innermost }]) => ({
      ...{ agent, kind, member: false, chart: this.#chartOf(machine), ...standing(innermost) },
      ...{ adapter: 0, tokensPerSecond: 0 },
    }));
  }

  /** Whoever was told of and is not there any more: short-lived agents that have ended. */
  #departed(now: readonly AgentView[]): AgentView[] {
    const present = new Set(now.map(({ agent }) => agent));
    const departed = [...this.#sent.keys()].filter((agent) => !present.has(agent));
    return departed.flatMap((agent) => {
      const view: AgentView = JSON.parse(this.#sent.get(agent) ?? "{}");
      this.#sent.delete(agent);
      return { ...view, gone: "over" };
    });
  }

  #statesOf(current: CurrentStates): States {
    for (const [kind, { machine }] of current.crowds) this.#crowdCharts.set(kind, this.#chartOf(machine));
    const crowds = [...this.#crowdCharts].map(([kind, chart]) => ({
      ...{ kind, chart, counts: current.crowds.get(kind)?.counts ?? {} },
    }));
    return { agents: new Map([...this.#departedStates, ...current.agents]), crowds };
  }

  #chartOf(machine: AnyStateMachine): string {
    const id = this.#chartIds.get(machine) ?? this.#options.charts.learn(definitionOf(machine));
    this.#chartIds.set(machine, id);
    return id;
  }

  #isNews(view: AgentView): boolean {
    const text = JSON.stringify(view);
    if (this.#sent.get(view.agent) === text) return false;
    this.#sent.set(view.agent, text);
    return true;
  }
}
