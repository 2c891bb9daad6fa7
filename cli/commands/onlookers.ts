/** The observers of a run in this process: the feed file and the page. */
import { FeedWriter } from "../../dashboard/live/feed-writer.ts";
import type { Page } from "../../dashboard/server/server.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import { runFolder } from "../host/run-folder.ts";
import { addressOf, openRunPage, type PageFlags, type RunPageOptions } from "./page.ts";

export interface OnlookerFlags extends PageFlags {
  readonly page: boolean;
}

export class Onlookers {
  readonly #flags: OnlookerFlags;
  readonly #feed: FeedWriter;
  #page: Promise<Page | undefined> | undefined;
  #opened: Page | undefined;

  /** @throws UsageError if the port of the page is invalid. */
  constructor(config: Config, flags: OnlookerFlags) {
    addressOf(flags);
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
  }

  async #open(options: RunPageOptions): Promise<Page | undefined> {
    this.#opened = await openRunPage(options);
    return this.#opened;
  }

  async close(): Promise<void> {
    this.#feed.close();
    const page = await this.#page;
    await page?.close();
  }
}
