/** The observers of a run in this process: the feed file and the page, or a door for acts where there is no page. */
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { FeedWriter } from "../../dashboard/live/feed-writer.ts";
import type { Page } from "../../dashboard/server/server.ts";
import type { Farewell } from "../../dashboard/view.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import { UsageError } from "../exit-codes.ts";
import { runFolder } from "../host/run-folder.ts";
import type { Output } from "../terminal/output.ts";
import { addressOf, openRunDoor, openRunPage, type PageFlags, type RunPageOptions } from "./page.ts";

export interface OnlookerFlags extends PageFlags {
  readonly page: boolean;
  readonly linger?: string;
}

/** How long the page stays after the end where no terminal can end it, if somebody looks at it [s]. */
const lingering = 60;

/** @throws UsageError if it is not a number of seconds */
const lingerOf = ({ linger }: OnlookerFlags): number | undefined => {
  if (linger === undefined) return undefined;
  const seconds = Number(linger);
  // A longer timer would overflow.
  if (linger.trim() !== "" && seconds >= 0 && seconds <= 1_000_000) return seconds;
  throw new UsageError(`--linger is ${linger}`, { expected: "a number of seconds, 0 to end at once" });
};

/** Until so many seconds have passed, or the user has ended it. */
const pageTime = async (seconds: number, user: AbortSignal): Promise<void> => {
  if (!Number.isFinite(seconds)) await once(user, "abort");
  else await setTimeout(seconds * 1000, undefined, { signal: user }).catch(() => {});
};

export class Onlookers {
  readonly #flags: OnlookerFlags;
  readonly #feed: FeedWriter;
  readonly #linger: number | undefined;
  #page: Promise<Page | undefined> | undefined;
  #opened: Page | undefined;
  /** Takes acts on a run without a page. */
  #door: Promise<Page | undefined> | undefined;

  /** @throws UsageError if the port of the page or the time that it stays is invalid. */
  constructor(config: Config, flags: OnlookerFlags) {
    addressOf(flags);
    this.#linger = lingerOf(flags);
    this.#flags = flags;
    this.#feed = new FeedWriter(runFolder(config));
  }

  accept(message: Message): void {
    this.#feed.accept(message);
    this.#opened?.accept(message);
  }

  start(options: Omit<RunPageOptions, "flags">): void {
    this.#feed.start(options.run.house, () => this.#opened?.transitions());
    if (this.#flags.page) this.#page = this.#open({ ...options, flags: this.#flags });
    else this.#door = openRunDoor(options);
  }

  async #open(options: RunPageOptions): Promise<Page | undefined> {
    this.#opened = await openRunPage(options);
    return this.#opened;
  }

  /**
   * Keeps the page up after the end of the run: in a terminal until its user ends it, elsewhere for a stated time if
   * somebody looks at it. Resolves with the reason why it ends; the user may have ended it before.
   */
  async stay({ isJson, say }: Pick<Output, "isJson" | "say">, user: AbortSignal): Promise<string> {
    const page = await this.#page;
    const isTerminal = process.stdin.isTTY && process.stdout.isTTY && !isJson;
    const unasked = isTerminal ? Number.POSITIVE_INFINITY : (page?.viewers ?? 0) > 0 ? lingering : 0;
    const seconds = page === undefined ? 0 : (this.#linger ?? unasked);
    if (seconds === 0) return "the run is over";
    const until = seconds === Number.POSITIVE_INFINITY ? "until Ctrl-C" : `for ${seconds} s, or until Ctrl-C`;
    if (!user.aborted) {
      say(`The page stays up ${until} (--linger).`);
      await pageTime(seconds, user);
    }
    return user.aborted ? "its user ended it" : `${seconds} s have passed since the end of the run`;
  }

  async close(farewell: Farewell): Promise<void> {
    this.#feed.close();
    const page = await this.#page;
    await page?.close(farewell);
    await (await this.#door)?.close();
  }
}
