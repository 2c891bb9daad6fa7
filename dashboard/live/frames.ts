/**
 * Makes frames: a full frame for a new viewer, the changes for all others.
 *
 * 1. For a run in this process, a frame samples the actors' states. For any other run, the states come from its
 *    files.
 * 2. The files are read, and the views' revisions updated, at most once per second.
 * 3. The last states before the house closes are kept, so the page shows how the run ended.
 */
import type { AnyStateMachine } from "xstate";
import type { HouseWindow } from "../../actors/house.ts";
import { definitionOf } from "../../machines/definition.ts";
import type { Charts } from "../charts/charts.ts";
import type { Chronicle } from "../record/chronicle.ts";
import type { AgentView, Frame, Headline, Scene, ViewName } from "../view.ts";
import type { Picture } from "../views/picture.ts";
import type { Pictures } from "../views/pictures.ts";
import type { SceneSources } from "../views/scene.ts";
import { standing } from "../views/standing.ts";
import type { States } from "../views/states.ts";
import { type CurrentStates, currentStatesOf, lastStatesOf } from "./current-states.ts";
import { Observation } from "./observation.ts";
import type { Spotlight } from "./spotlight.ts";
import { Stage } from "./stage.ts";

/** Time between two reads of the files [ms]. */
const readingPause = 1_000;
/** A read this recent is not repeated [ms]. */
const freshFor = 200;
/** Maximum short-lived agents in a frame; the crowd of their kind counts them all. */
const maximumOpened = 32;

export interface FramesOptions {
  readonly chronicle: Chronicle;
  readonly pictures: Pictures;
  readonly charts: Charts;
  /** The agents of a run in this process. */
  readonly house?: HouseWindow | undefined;
  readonly scenes: SceneSources;
  readonly spotlight?: Spotlight | undefined;
  readonly clock?: () => number;
  /** Called if the files cannot be read. */
  readonly onTrouble?: (cause: unknown) => void;
}

const story = (
  headline: Headline | undefined,
  scene: Scene | undefined,
): Pick<Frame, "headline" | "scene"> => ({
  ...(headline === undefined ? {} : { headline }),
  ...(scene === undefined ? {} : { scene }),
});

export class Frames {
  readonly observation: Observation | undefined;
  readonly #options: FramesOptions;
  readonly #stage: Stage;
  readonly #clock: () => number;
  readonly #chartIds = new WeakMap<AnyStateMachine, string>();
  /** Chart ids of all crowd kinds seen so far; a crowd that has disappeared is shown as empty. */
  readonly #crowdCharts = new Map<string, string>();
  /** The last states of agents that have ended. */
  readonly #departedStates = new Map<string, readonly string[]>();
  /** The last view of each agent in a frame to all viewers, as JSON. */
  #sent = new Map<string, string>();
  #revisions: Readonly<Record<ViewName, number>>;
  #sentRevisions = "";
  #headline: Headline | undefined;
  #headlineRevision = -1;
  #sentHeadline: Headline | undefined;
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
    const { house, scenes, spotlight, chronicle } = options;
    this.#stage = new Stage({ ...scenes, spotlight, chronicle, clock: this.#clock });
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

  /**
   * The run's outcome; undefined while the run lives or if its files do not record an outcome. A run in this process
   * has it only from `end`: its files may have the outcome before everything else is read.
   */
  get ended(): string | undefined {
    const { house, pictures } = this.#options;
    return this.#ended ?? (house === undefined ? pictures.newest().outcome : undefined);
  }

  /** Reads the files to their end first, so the final frame follows all earlier changes. */
  async end(outcome: string): Promise<void> {
    await this.#reading?.catch(() => {});
    await this.read().catch((cause: unknown) => this.#options.onTrouble?.(cause));
    this.#ended = outcome;
  }

  /** Reads new data from the files; the next frame contains the new revisions. */
  async read(): Promise<void> {
    const { chronicle, pictures } = this.#options;
    this.#readAt = this.#clock();
    this.#reading ??= chronicle.read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    this.#revisions = pictures.newest().revisions();
  }

  /** Reads new data unless a read has just finished. */
  async freshen(): Promise<void> {
    if (this.#reading || this.#clock() - this.#readAt >= freshFor) await this.read();
  }

  /** The full current frame. Without agents in this process it has the flows that the feed has. */
  whole(): Frame {
    const newest = this.#options.pictures.newest();
    const flows = this.isLive ? [] : newest.flows.at(newest.at);
    return { ...this.#frame(this.#agents()), flows, ...story(this.#headlineNow(), this.#stage.now(newest)) };
  }

  /** The changes since the last call; undefined if nothing has changed. */
  next(): Frame | undefined {
    this.#readSometimes();
    const now = this.#agents();
    const agents = [...now.filter((view) => this.#isNews(view)), ...this.#departed(now)];
    const flows = this.observation?.takeFlows() ?? [];
    const revisions = JSON.stringify(this.#revisions);
    const headline = this.#headlineNow();
    const told = headline === this.#sentHeadline ? undefined : headline;
    const scene = this.#stage.next(this.#options.pictures.newest());
    const isTold = told !== undefined || scene !== undefined;
    const isNews = isTold || revisions !== this.#sentRevisions || this.#ended !== this.#sentEnd;
    if (agents.length === 0 && flows.length === 0 && !isNews) return undefined;
    this.#sentRevisions = revisions;
    this.#sentEnd = this.#ended;
    this.#sentHeadline = headline;
    this.#sequence += 1;
    return { ...this.#frame(agents), flows, ...story(told, scene) };
  }

  /** The full frame of a picture: the newest, or one of a past time. */
  of(picture: Picture): Frame {
    if (picture === this.#options.pictures.newest()) return this.whole();
    const instant = { at: picture.at, states: picture.states.view(), isOver: picture.outcome !== undefined };
    return {
      ...{ sequence: 0, at: picture.at, agents: picture.agents.view(instant) },
      flows: picture.flows.at(picture.at),
      revisions: picture.revisions(),
      ...story(picture.headline.view(), this.#stage.at(picture)),
      ...(picture.outcome === undefined ? {} : { ended: picture.outcome }),
    };
  }

  #headlineNow(): Headline | undefined {
    const { headline } = this.#options.pictures.newest();
    if (headline.revision === this.#headlineRevision) return this.#headline;
    this.#headlineRevision = headline.revision;
    this.#headline = headline.view();
    return this.#headline;
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

  /** The states of a run in this process. */
  #currentStates(): CurrentStates | undefined {
    const { house } = this.#options;
    return this.#lastStates ?? (house && currentStatesOf(house));
  }

  #opened(current: CurrentStates | undefined): AgentView[] {
    if (current === undefined || !this.isLive) return [];
    const eldest = [...current.opened].slice(0, maximumOpened);
    return eldest.map(([agent, { kind, machine, innermost }]) => ({
      ...{ agent, kind, member: false, chart: this.#chartOf(machine), ...standing(innermost) },
      ...{ adapter: 0, tokensPerSecond: 0 },
    }));
  }

  /** Short-lived agents that were in an earlier frame and have ended. */
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
    const agents = new Map([...this.#departedStates, ...current.agents]);
    return { agents, crowds, taken: this.observation?.transitions.last() ?? new Map() };
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
