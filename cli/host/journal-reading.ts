/**
 * What a guest reads from its host: the journal when it enters, and what it has missed when its link is back.
 *
 * 1. A record that is read and heard counts once, as the wire sees to.
 * 2. What is heard while the host answers is newer than what the answer says of the same agent.
 * 3. A journal can be long: what was read is not read again, and what was missed is handed on page by page.
 * 4. A host that does not answer is asked again, until it does or the visit is over.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Presence } from "../../actors/presence.ts";
import { BusError } from "../../runtime/bus/bus.ts";
import { durableKey, type Message } from "../../runtime/messages.ts";
import { isPresence, presenceTypes } from "../../runtime/presence-messages.ts";
import { EntryError } from "../../runtime/wire/enter.ts";
import { type EntranceOptions, type Feed, readFeed, readPages } from "../../runtime/wire/entrance.ts";
import type { Wire } from "../../runtime/wire/wire.ts";

export interface JournalReadingOptions {
  readonly wire: Wire;
  readonly entrance: EntranceOptions;
  /** Of this process: whether they take part they know themselves. */
  readonly agents: readonly string[];
  /** From the beginning on it hears who takes part. */
  readonly presence: Presence;
}

/** Between two questions to a host that does not answer [ms]. */
const pause = 200;

/** Whether the host, or the server between it and this process, does not answer. */
export const isSilence = (cause: unknown): cause is EntryError | BusError =>
  (cause instanceof EntryError && cause.code === "AGORA_JOIN_RUN") ||
  (cause instanceof BusError && cause.code === "AGORA_BUS_TIMEOUT");

export class JournalReading {
  readonly #options: JournalReadingOptions;
  #isOver = false;
  /** Number of the last record that was read. */
  #last = 0;

  constructor(options: JournalReadingOptions) {
    this.#options = options;
  }

  /** The journal with what was recorded while it was read, all of it known to the wire. @throws EntryError, BusError */
  async begin(): Promise<Feed> {
    const { wire, entrance, presence } = this.#options;
    const meanwhile: Message[] = [];
    const listening = wire.hear("all", (message) => meanwhile.push(message));
    await wire.ready();
    const feed = await readFeed(entrance);
    listening.unsubscribe();
    const keys = new Set(feed.records.map(durableKey));
    for (const message of meanwhile) {
      const key = durableKey(message);
      if (key !== undefined && !keys.has(key)) feed.records.push(message);
    }
    wire.remember(feed.records);
    for (const message of [...feed.present, ...meanwhile.filter(isPresence)]) presence.accept(message);
    wire.hear(presenceTypes, (message) => presence.accept(message));
    this.#last = feed.last;
    return feed;
  }

  /** What was missed, and who takes part now. @throws EntryError, BusError */
  async catchUp(): Promise<void> {
    const heard = new Set(this.#options.agents);
    const listening = this.#options.wire.hear(presenceTypes, ({ agent }) => heard.add(agent));
    try {
      while (!this.#isOver && !(await this.#isReadOn(heard))) await sleep(pause);
    } finally {
      listening.unsubscribe();
    }
  }

  /** The visit is over: nothing is read any more. */
  end(): void {
    this.#isOver = true;
  }

  /** False if the host does not answer. */
  async #isReadOn(heard: ReadonlySet<string>): Promise<boolean> {
    const { wire, entrance, presence } = this.#options;
    try {
      for await (const { records, last, present } of readPages(entrance, this.#last)) {
        this.#last = Math.max(this.#last, last);
        const changes = present && presence.changesTo(present).filter(({ agent }) => !heard.has(agent));
        wire.catchUp(records, changes);
      }
      return true;
    } catch (cause) {
      if (isSilence(cause)) return false;
      throw cause;
    }
  }
}
