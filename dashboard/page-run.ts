/**
 * One run for its page: its journal and feed, the views computed from them, and its agents if they run in this
 * process.
 */
import type { HouseWindow } from "../actors/house.ts";
import type { Message } from "../runtime/messages.ts";
import { Charts } from "./charts/charts.ts";
import { drawableMachine } from "./charts/machine-graph.ts";
import { machineView } from "./charts/machine-texts.ts";
import { Broadcast } from "./live/broadcast.ts";
import { Frames } from "./live/frames.ts";
import type { EventsQuery } from "./live/observation.ts";
import { openQuestion } from "./live/open-question.ts";
import { Spotlight } from "./live/spotlight.ts";
import type { Transitions } from "./live/transitions.ts";
import type { JobSamples } from "./origin-view.ts";
import type { QuestionsQuery } from "./page/questions/question-query.ts";
import { Past, type Recollection } from "./past.ts";
import { Chronicle, type QuestionRecord } from "./record/chronicle.ts";
import { type Judge, knowsNothing } from "./record/judge.ts";
import { knowsNoPrompt, type PromptOf } from "./record/prompt-of.ts";
import { RecentFacts } from "./record/recent-facts.ts";
import { type RecordedQuery, recordedEvents } from "./record/recorded-events.ts";
import type {
  Chart,
  EventView,
  Farewell,
  Frame,
  MachineView,
  QuestionList,
  QuestionView,
  RecordedEvents,
  RunView,
  TransitionCounts,
} from "./view.ts";
import type { Picture } from "./views/picture.ts";
import { Pictures } from "./views/pictures.ts";
import { openView, questionView, unansweredView } from "./views/questions.ts";
import { runView } from "./views/run.ts";

export interface PageRunOptions {
  /** The run's own folder. */
  readonly folder: string;
  /** Judges correctness if the task has ground truth. */
  readonly judge?: Judge | undefined;
  /** Joins the prompts of solutions; without it they are not shown. */
  readonly promptOf?: PromptOf | undefined;
  /** What a refusing verdict objects to, in words, if the task can tell. */
  readonly objection?: ((verdict: string) => string | undefined) | undefined;
  /** What the problems of each benchmark are, by name, if the task says so. */
  readonly aboutBenchmarks?: Readonly<Record<string, string>> | undefined;
  /** The agents of a run in this process; undefined for a replay. */
  readonly house?: HouseWindow | undefined;
  readonly onTrouble?: ((cause: unknown) => void) | undefined;
}

/** A duplicate may repeat a question that the picture has forgotten. */
const isRecent = ({ questions }: Picture, record: QuestionRecord): boolean =>
  record.type === "question.voided"
    ? record.reason !== "duplicate" && questions.keeps(record.question)
    : questions.keeps(record.dossier.question);

export class PageRun {
  readonly broadcast: Broadcast;
  readonly #chronicle: Chronicle;
  readonly #charts = new Charts();
  readonly #recentFacts: RecentFacts;
  readonly #spotlight = new Spotlight();
  readonly #pictures: Pictures;
  /** Of a run that plays in this process; a replay has it in its own chronicle. */
  readonly #past: Past | undefined;
  readonly #frames: Frames;
  readonly #judge: Judge;
  readonly #house: HouseWindow | undefined;
  readonly #promptOf: PromptOf;
  readonly #aboutBenchmarks: Readonly<Record<string, string>>;

  /** @throws JournalError if the folder holds no run */
  constructor({
    folder,
    judge = knowsNothing,
    promptOf = knowsNoPrompt,
    objection,
    aboutBenchmarks = {},
    house,
    onTrouble = () => {},
  }: PageRunOptions) {
    const charts = this.#charts;
    const learnChart = (definition: unknown) => charts.learn(definition);
    const sources = { judge, learnChart };
    this.#recentFacts = new RecentFacts(sources);
    const takeRecent = house && this.#recentFacts.take;
    this.#judge = judge;
    this.#house = house;
    this.#promptOf = promptOf;
    this.#aboutBenchmarks = aboutBenchmarks;
    const onRead = house && this.#recentFacts.age;
    this.#chronicle = Chronicle.open(folder, {
      ...sources,
      takeRecent,
      onRead,
      isPassing: house !== undefined,
    });
    this.#past =
      house &&
      new Past(() => {
        const chronicle = Chronicle.open(folder, sources);
        return { chronicle, pictures: new Pictures(chronicle) };
      });
    this.#pictures = new Pictures(this.#chronicle);
    this.#frames = new Frames({
      chronicle: this.#chronicle,
      pictures: this.#pictures,
      charts,
      house,
      scenes: { judge, objection },
      spotlight: house && this.#spotlight,
      onTrouble,
    });
    this.broadcast = new Broadcast(this.#frames);
  }

  get name(): string {
    return this.#chronicle.run;
  }

  /** Passes a message of the running society to the page; without viewers little of it is kept. */
  accept(message: Message): void {
    this.#spotlight.accept(message);
    if (this.broadcast.viewers > 0) this.#recentFacts.put(message);
    else this.#recentFacts.clear();
  }

  /** Marks the run as ended; resolves once the page can show all of it. */
  end(outcome: string): Promise<void> {
    return this.#frames.end(outcome);
  }

  /**
   * What a view finds in the state of the run at a time, or now. The picture is of that time only until the view returns:
   * the next request may move it on.
   */
  async at<View>(until: number | undefined, view: (picture: Picture) => View): Promise<View> {
    await this.#frames.freshen();
    const newest = this.#pictures.newest();
    return until === undefined || until >= newest.at ? view(newest) : this.#recorded(until, view);
  }

  async frame(until: number | undefined): Promise<Frame> {
    return this.at(until, (picture) => this.#frames.of(picture));
  }

  async run(): Promise<RunView> {
    const { config, startedAt } = this.#chronicle;
    const aboutBenchmarks = this.#aboutBenchmarks;
    return this.at(undefined, ({ at: newestAt, sessions: { breaks } }) => {
      const { isLive: live, ended: outcome } = this.#frames;
      return runView({ config, startedAt, newestAt, breaks, outcome, live, aboutBenchmarks });
    });
  }

  async charts(): Promise<Readonly<Record<string, Chart>>> {
    this.#frames.whole();
    await this.#frames.freshen();
    return this.#charts.all();
  }

  /** The questions that a query asks for, as they were at a time or are now. */
  async questions(query: QuestionsQuery, until: number | undefined): Promise<QuestionList> {
    return this.#remembering(
      ({ questions }) => questions.canList(query),
      until,
      ({ questions }) => questions.list(query),
    );
  }

  /** Undefined if no question with this id had ended by that time; without a time, if none is under way either. */
  async question(id: string, until: number | undefined): Promise<QuestionView | undefined> {
    const [known, line] = await this.at(until, ({ acts, questions }) => [
      acts.askedBy(id),
      questions.openLine(id),
    ]);
    const record = this.#chronicle.find(id);
    const askedBy = known ?? (await this.#askerOf(id, record));
    if (record === undefined || (until !== undefined && record.at > until)) {
      return (
        (until === undefined ? this.#openQuestion(id, askedBy) : undefined) ?? (line && unansweredView(line))
      );
    }
    const view = await this.#remembering(
      (picture) => isRecent(picture, record),
      until,
      ({ questions, provenance }) =>
        questionView(record, {
          ...{ judge: this.#judge, askedBy, promptOf: this.#promptOf, provenance },
          difficultyOf: (round) => questions.difficultyOf(round),
          settings: this.#chronicle.config,
        }),
    );
    const told = this.#chronicle.toldAbout(id) ?? (await this.#lookBack()).chronicle.toldAbout(id);
    return told === undefined ? view : { ...view, told };
  }

  /** The transitions observed so far; undefined while nobody watches. */
  transitions(): Transitions | undefined {
    return this.broadcast.viewers > 0 ? this.#frames.observation?.transitions : undefined;
  }

  /** How often each arrow of an agent's or a crowd's chart was taken, until a time or now. */
  async transitionCounts(agent: string, until: number | undefined): Promise<TransitionCounts> {
    const { observation } = this.#frames;
    if (until === undefined && observation) return observation.transitions.counts(agent);
    return this.at(until, ({ states }) => states.passed(agent));
  }

  /** Undefined for an unknown chart. */
  machine(chart: string): MachineView | undefined {
    const known = this.#charts.definitionOf(chart);
    return known && machineView(known.definition);
  }

  /** The journal may have an answer before a picture has read who asked for it. */
  async #askerOf(id: string, record: QuestionRecord | undefined): Promise<string | undefined> {
    if (record?.type !== "question.answered") return undefined;
    await this.#frames.read();
    return this.#pictures.newest().acts.askedBy(id);
  }

  #openQuestion(id: string, askedBy: string | undefined): QuestionView | undefined {
    const open = this.#house && openQuestion(this.#house, id);
    return open && openView(open, { judge: this.#judge, askedBy }, Date.now());
  }

  /** Undefined if no such job had been requested by that time. */
  async job(job: string, until: number | undefined): Promise<JobSamples | undefined> {
    return this.#remembering(
      ({ provenance }) => provenance.knows(job),
      until,
      ({ provenance }) => provenance.samplesOf(job),
    );
  }

  events(query: EventsQuery): EventView[] {
    return this.#frames.observation?.events(query) ?? [];
  }

  /** The events of an agent or a crowd that the run's files hold. */
  async recordedEvents(query: RecordedQuery): Promise<RecordedEvents> {
    const { agents } = await this.frame(query.until);
    const found = agents.find(({ agent }) => agent === query.agent);
    const known = found && this.#charts.definitionOf(found.chart);
    if (found === undefined || known === undefined) return { events: [], unrecorded: [] };
    const isCrowd = (name: string | undefined) =>
      agents.some(({ agent, counts }) => agent === name && counts !== undefined);
    const listener = {
      ...{ machine: drawableMachine(known.definition), isCrowd: isCrowd(query.agent) },
      hearsCrowd: isCrowd(query.from),
    };
    const { chronicle } = await this.#lookBack();
    return recordedEvents(chronicle, listener, query);
  }

  /** As `at`; from the run's files where the picture has forgotten questions, and does not suffice. */
  async #remembering<View>(
    suffices: (picture: Picture) => boolean,
    until: number | undefined,
    view: (picture: Picture) => View,
  ): Promise<View> {
    const seen = await this.at(until, (picture) =>
      suffices(picture) || !picture.questions.hasForgotten ? { view: view(picture) } : undefined,
    );
    return seen ? seen.view : this.#recorded(until, view);
  }

  async #recorded<View>(until: number | undefined, view: (picture: Picture) => View): Promise<View> {
    return view((await this.#lookBack()).pictures.at(until));
  }

  async #lookBack(): Promise<Recollection> {
    return (await this.#past?.look()) ?? { chronicle: this.#chronicle, pictures: this.#pictures };
  }

  async close(farewell?: Farewell): Promise<void> {
    this.broadcast.close(farewell);
    await this.#past?.drop();
    await this.#chronicle.close();
  }
}
