/**
 * What a guest reads from its host: the journal when it enters, and what it has missed when its link is back.
 *
 * 1. A record that is read and heard counts once, as the wire sees to.
 * 2. What is heard while the host answers is newer than what the answer says of the same agent.
 * 3. A journal can be long: what was read is not read again, and what was missed is handed on page by page.
 */
import { isPresence, type Presence, presenceTypes } from "../../actors/presence.ts";
import { durableKey, type Message } from "../../runtime/messages.ts";
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

export class JournalReading {
  readonly #options: JournalReadingOptions;
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

  /** @throws EntryError, BusError */
  async catchUp(): Promise<void> {
    const { wire, entrance, agents, presence } = this.#options;
    const heard = new Set(agents);
    const listening = wire.hear(presenceTypes, ({ agent }) => heard.add(agent));
    try {
      for await (const { records, last, present } of readPages(entrance, this.#last)) {
        this.#last = Math.max(this.#last, last);
        const changes = present && presence.changesTo(present).filter(({ agent }) => !heard.has(agent));
        wire.catchUp(records, changes);
      }
    } finally {
      listening.unsubscribe();
    }
  }
}
