/**
 * A run from its folder: the journal's records as facts, and the lines of its feed. Live pages and replays read the
 * same files, so they show the same data, and a run without viewers has no extra cost.
 *
 * 1. `read` appends the new records and lines; it reads nothing twice.
 * 2. A read yields to the event loop every few milliseconds, so that a long journal does not block the run.
 * 3. Facts have no long texts; a question's full record is read from the journal on request.
 * 4. A passing chronicle forgets what has been taken from it: a run that plays on must not fill the memory.
 */
import { basename } from "node:path";
import { setImmediate as giveWay } from "node:timers/promises";
import type { Config } from "../../runtime/config/config.ts";
import { JournalReader, type TakeRecent } from "../../runtime/journal/journal-reader.ts";
import type { Message, MessageOf } from "../../runtime/messages.ts";
import { type Fact, type FactSources, factOf, recentQuestions } from "./facts.ts";
import type { FeedLine, Moment } from "./feed.ts";
import { FeedReader } from "./feed-reader.ts";
import { readStoredConfig } from "./stored-config.ts";
import { parseTold, type ToldMessage } from "./told.ts";

/** Maximum time between two yields to the event loop [ms]. */
const slice = 5;

export type QuestionRecord = MessageOf<"question.settled" | "question.voided" | "question.answered">;

const isQuestionRecord = (message: Message | undefined): message is QuestionRecord =>
  message?.type === "question.settled" ||
  message?.type === "question.voided" ||
  message?.type === "question.answered";

export interface ChronicleSources extends FactSources {
  /** Facts of a run in this process. */
  readonly takeRecent?: TakeRecent<Fact> | undefined;
  /** A read begins. */
  readonly onRead?: (() => void) | undefined;
  /** Facts and moments can be forgotten. Default: false. */
  readonly isPassing?: boolean;
}

export class Chronicle {
  readonly run: string;
  readonly folder: string;
  /** Of a run that was forked, the first of the records that it was made of. */
  readonly startedAt: number;
  readonly config: Config;
  /** In the journal's order. */
  readonly facts: Fact[] = [];
  readonly feed: Moment[] = [];
  /** Drops the facts and moments read so far; undefined if the chronicle keeps all. */
  readonly forget: (() => void) | undefined;
  /** The messages about ended questions, as text, oldest first; of a passing chronicle those of the newest ones. */
  readonly #told = new Map<string, string>();
  readonly #journal: JournalReader;
  readonly #sources: ChronicleSources;
  readonly #feedReader: FeedReader;
  #seq = 0;
  #newestAt: number;
  #reading: Promise<void> | undefined;
  #closing = false;

  private constructor(journal: JournalReader, sources: ChronicleSources) {
    this.#journal = journal;
    this.#sources = sources;
    this.forget = sources.isPassing ? () => this.#forget() : undefined;
    this.folder = journal.folder;
    this.run = basename(journal.folder);
    this.config = readStoredConfig(journal.config, this.run);
    const [first] = journal.rows("SELECT at FROM records ORDER BY seq LIMIT 1");
    this.startedAt = Math.min(journal.created, Number(first?.at ?? journal.created));
    this.#newestAt = this.startedAt;
    this.#feedReader = new FeedReader(journal.folder);
  }

  /** @throws JournalError if the folder holds no run; StoredConfigError */
  static open(folder: string, sources: ChronicleSources): Chronicle {
    const journal = JournalReader.openReadOnly(folder);
    try {
      return new Chronicle(journal, sources);
    } catch (cause) {
      journal.close();
      throw cause;
    }
  }

  get newestAt(): number {
    return this.#newestAt;
  }

  /** Concurrent calls share one read. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  find(question: string): QuestionRecord | undefined {
    const found = this.#journal.find(`question:${question}`);
    return isQuestionRecord(found) ? found : undefined;
  }

  /** The messages about an ended question in order; undefined where the feed has none, or it has passed. */
  toldAbout(question: string): ToldMessage[] | undefined {
    const text = this.#told.get(question);
    return text === undefined ? undefined : parseTold(text);
  }

  /** Resolves when no read is running. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#reading?.catch(() => {});
    this.#feedReader.close();
    this.#journal.close();
  }

  #forget(): void {
    this.facts.length = 0;
    this.feed.length = 0;
  }

  async #read(): Promise<void> {
    if (this.#closing) return;
    this.#sources.onRead?.();
    let yieldedAt = performance.now();
    for (const { seq, record } of this.#records()) {
      this.#seq = seq;
      this.facts.push(record);
      this.#newestAt = Math.max(this.#newestAt, record.at);
      if (performance.now() - yieldedAt < slice) continue;
      await giveWay();
      if (this.#closing) return;
      yieldedAt = performance.now();
    }
    for (const line of this.#feedReader.read()) this.feed.push(this.#momentOf(line));
  }

  *#records(): Iterable<{ readonly seq: number; readonly record: Fact }> {
    const { takeRecent } = this.#sources;
    const make = (message: Message): Fact => factOf(message, this.#sources);
    if (takeRecent) yield* this.#journal.ownRecords(this.#seq, takeRecent, make);
    else
      for (const { seq, message } of this.#journal.records(this.#seq)) yield { seq, record: make(message) };
  }

  #keepTold(question: string, text: string): void {
    this.#told.set(question, text);
    const [oldest] = this.#told.keys();
    const isFull = this.#sources.isPassing === true && this.#told.size > recentQuestions;
    if (isFull && oldest !== undefined) this.#told.delete(oldest);
  }

  #momentOf({ machines = {}, told = {}, ...line }: FeedLine): Moment {
    for (const [question, text] of Object.entries(told)) this.#keepTold(question, text);
    const kinds = Object.entries(machines);
    const charts = kinds.map(([kind, definition]) => [kind, this.#sources.learnChart(definition)]);
    return kinds.length === 0 ? line : { ...line, charts: Object.fromEntries(charts) };
  }
}
