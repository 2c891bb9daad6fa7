/** One run as its page shows it: the chronicle, what is folded from it, and, while it is played here, its agents. */
import type { HouseWindow } from "../actors/house.ts";
import type { Message } from "../runtime/messages.ts";
import { Charts } from "./charts/charts.ts";
import { Broadcast } from "./live/broadcast.ts";
import { Frames } from "./live/frames.ts";
import type { EventsQuery } from "./live/observation.ts";
import { Chronicle } from "./record/chronicle.ts";
import { type Judge, knowsNothing } from "./record/judge.ts";
import { RecentFacts } from "./record/recent-facts.ts";
import type { Chart, EventView, Frame, QuestionView, RunView } from "./view.ts";
import type { Picture } from "./views/picture.ts";
import { Pictures } from "./views/pictures.ts";
import { questionView } from "./views/question.ts";
import { runView } from "./views/run.ts";

export interface PageRunOptions {
  /** The run's own folder. */
  readonly folder: string;
  /** What is truly right, where the task knows it. */
  readonly judge?: Judge | undefined;
  /** The agents of a run that is played in this process; without them a run is replayed. */
  readonly house?: HouseWindow | undefined;
  readonly onTrouble?: ((cause: unknown) => void) | undefined;
}

export class PageRun {
  readonly broadcast: Broadcast;
  readonly #chronicle: Chronicle;
  readonly #charts = new Charts();
  readonly #recentFacts: RecentFacts;
  readonly #pictures: Pictures;
  readonly #frames: Frames;
  readonly #judge: Judge;

  /** @throws JournalError where the folder holds no run. */
  constructor({ folder, judge = knowsNothing, house, onTrouble = () => {} }: PageRunOptions) {
    const charts = this.#charts;
    const learnChart = (definition: unknown) => charts.learn(definition);
    const sources = { judge, learnChart };
    this.#recentFacts = new RecentFacts(sources);
    const takeRecent = house && this.#recentFacts.take;
    this.#judge = judge;
    this.#chronicle = Chronicle.open(folder, { ...sources, takeRecent });
    this.#pictures = new Pictures(this.#chronicle);
    this.#frames = new Frames({
      chronicle: this.#chronicle,
      pictures: this.#pictures,
      charts,
      house,
      onTrouble,
    });
    this.broadcast = new Broadcast(this.#frames);
  }

  /** What the run's wire has heard; without viewers it is let go. */
  accept(message: Message): void {
    if (this.broadcast.viewers > 0) this.#recentFacts.put(message);
    else this.#recentFacts.clear();
  }

  /** The run has ended; resolves once the page shows all of it. */
  end(outcome: string): Promise<void> {
    return this.#frames.end(outcome);
  }

  /** Everything the files say up to an instant, or up to now. */
  async at(until: number | undefined): Promise<Picture> {
    await this.#frames.freshen();
    return this.#pictures.at(until);
  }

  async frame(until: number | undefined): Promise<Frame> {
    await this.#frames.freshen();
    return this.#frames.at(until);
  }

  async run(): Promise<RunView> {
    const { at: newestAt } = await this.at(undefined);
    const { config, startedAt } = this.#chronicle;
    const { isLive: live, ended: outcome } = this.#frames;
    return runView({ config, startedAt, newestAt, outcome, live });
  }

  async charts(): Promise<Readonly<Record<string, Chart>>> {
    this.#frames.whole();
    await this.#frames.freshen();
    return this.#charts.all();
  }

  /** Undefined where no question of this id has ended by then. */
  async question(id: string, until: number | undefined): Promise<QuestionView | undefined> {
    const { questions } = await this.at(until);
    const record = this.#chronicle.find(id);
    if (record === undefined || (until !== undefined && record.at > until)) return undefined;
    return questionView(record, {
      judge: this.#judge,
      difficultyOf: (round) => questions.difficultyOf(round),
    });
  }

  events(query: EventsQuery): EventView[] {
    return this.#frames.observation?.events(query) ?? [];
  }

  async close(): Promise<void> {
    this.broadcast.close();
    await this.#chronicle.close();
  }
}
