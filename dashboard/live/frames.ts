/**
 * Makes frames: the whole picture for whoever has just come, and what has changed for everybody else.
 *
 * 1. A live run's states are sampled when a frame is made; a run played elsewhere, or over, is told by its files.
 * 2. The files are read, and the views' revisions told, at most once a second.
 * 3. The last sample before the house closes stays: a page shows how the run ended.
 */
import type { AnyStateMachine } from "xstate";
import type { HouseWindow } from "../../actors/house.ts";
import { definitionOf } from "../../machines/definition.ts";
import type { Charts } from "../charts/charts.ts";
import type { Chronicle } from "../record/chronicle.ts";
import type { AgentView, Frame, ViewName } from "../view.ts";
import type { Album } from "../views/album.ts";
import { standing } from "../views/standing.ts";
import type { States } from "../views/states.ts";
import { Observation } from "./observation.ts";
import { lastStatesOf, type Sample, sampleOf } from "./sample.ts";

/** Between two readings of the files [ms]. */
const readingPause = 1_000;
/** What was read so shortly ago needs no other reading [ms]. */
const freshFor = 200;
/** Short-lived agents that are told of one by one; their crowd counts them all. */
const mostOpened = 32;

export interface FramesOptions {
  readonly chronicle: Chronicle;
  readonly album: Album;
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
  #told = new Map<string, string>();
  #revisions: Readonly<Record<ViewName, number>>;
  #toldRevisions = "";
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #sequence = 0;
  #lastSample: Sample | undefined;
  #ended: string | undefined;
  #toldEnd: string | undefined;

  constructor(options: FramesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.#revisions = options.album.newest().revisions();
    const { house } = options;
    this.observation = house && new Observation(house, this.#clock);
    house?.watch({
      left: (neighbour) => {
        const last = lastStatesOf(neighbour);
        if (last) this.#departedStates.set(...last);
      },
      closing: () => {
        this.#lastSample = sampleOf(house);
        this.observation?.freeze();
      },
    });
  }

  get isLive(): boolean {
    return this.#options.house !== undefined && this.#ended === undefined;
  }

  /** How the run ended; undefined while it lives, and where its files do not say. */
  get ended(): string | undefined {
    return this.#ended ?? this.#options.album.newest().outcome;
  }

  /** Whoever hears of the end sees all that came before it: the files are read to their end first. */
  async end(outcome: string): Promise<void> {
    await this.#reading?.catch(() => {});
    await this.read().catch((cause: unknown) => this.#options.onTrouble?.(cause));
    this.#ended = outcome;
  }

  /** Catches up with the files; the next frame tells the revisions. */
  async read(): Promise<void> {
    const { chronicle, album } = this.#options;
    this.#readAt = this.#clock();
    this.#reading ??= chronicle.read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    this.#revisions = album.newest().revisions();
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
    const isNews = revisions !== this.#toldRevisions || this.#ended !== this.#toldEnd;
    if (agents.length === 0 && flows.length === 0 && !isNews) return undefined;
    this.#toldRevisions = revisions;
    this.#toldEnd = this.#ended;
    this.#sequence += 1;
    return { ...this.#frame(agents), flows };
  }

  /** The whole picture at a past instant. */
  at(until: number | undefined): Frame {
    const picture = this.#options.album.at(until);
    if (picture === this.#options.album.newest()) return this.whole();
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
      at: this.isLive ? this.#clock() : this.#options.album.newest().at,
      agents,
      revisions: this.#revisions,
      ...(ended === undefined ? {} : { ended }),
    };
  }

  #agents(): AgentView[] {
    const picture = this.#options.album.newest();
    const at = this.isLive ? this.#clock() : picture.at;
    const sample = this.#sample();
    const states = sample ? this.#statesOf(sample) : picture.states.view();
    const lastEvents = this.observation?.lastEvents();
    const views = picture.agents.view({
      ...{ at, states, isOver: !this.isLive },
      ...(lastEvents ? { lastEvents } : {}),
    });
    return [...views, ...this.#opened(sample)];
  }

  /** The states of a run that is played here. */
  #sample(): Sample | undefined {
    const { house } = this.#options;
    return this.#lastSample ?? (house && sampleOf(house));
  }

  #opened(sample: Sample | undefined): AgentView[] {
    if (sample === undefined || !this.isLive) return [];
    const eldest = [...sample.opened].slice(0, mostOpened);
    return eldest.map(([agent, { kind, machine, innermost }]) => ({
      ...{ agent, kind, member: false, chart: this.#chartOf(machine), ...standing(innermost) },
      ...{ adapter: 0, tokensPerSecond: 0 },
    }));
  }

  /** Whoever was told of and is not there any more: short-lived agents that have ended. */
  #departed(now: readonly AgentView[]): AgentView[] {
    const present = new Set(now.map(({ agent }) => agent));
    const departed = [...this.#told.keys()].filter((agent) => !present.has(agent));
    return departed.flatMap((agent) => {
      const view: AgentView = JSON.parse(this.#told.get(agent) ?? "{}");
      this.#told.delete(agent);
      return { ...view, gone: "over" };
    });
  }

  #statesOf(sample: Sample): States {
    for (const [kind, { machine }] of sample.crowds) this.#crowdCharts.set(kind, this.#chartOf(machine));
    const crowds = [...this.#crowdCharts].map(([kind, chart]) => ({
      ...{ kind, chart, counts: sample.crowds.get(kind)?.counts ?? {} },
    }));
    return { agents: new Map([...this.#departedStates, ...sample.agents]), crowds };
  }

  #chartOf(machine: AnyStateMachine): string {
    const id = this.#chartIds.get(machine) ?? this.#options.charts.learn(definitionOf(machine));
    this.#chartIds.set(machine, id);
    return id;
  }

  #isNews(view: AgentView): boolean {
    const text = JSON.stringify(view);
    if (this.#told.get(view.agent) === text) return false;
    this.#told.set(view.agent, text);
    return true;
  }
}
