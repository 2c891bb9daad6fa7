/** Watches a society from outside: its journal as a reader, and its messages under the host's key on a link of its own. */
import { join } from "node:path";
import type { KeyedServer } from "../../cli/commands/keyed-server.fixture.ts";
import type { Bus } from "../../runtime/bus/bus.ts";
import type { Config } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import type { Message } from "../../runtime/messages.ts";
import { createCodec } from "../../runtime/wire/codec.ts";
import { type DeadLetter, deadLetterSubject } from "../../runtime/wire/reader.ts";

const codec = createCodec();

export class Observer {
  /** Questions that were announced as settled. */
  readonly settled = new Set<string>();
  /** Refused messages: `<subject> <reason>`. */
  readonly refusals: string[] = [];
  readonly #folder: string;
  readonly #bus: Bus;
  #journal: JournalReader | undefined;

  private constructor(config: Config, bus: Bus) {
    this.#folder = join(config.runsFolder, config.run);
    this.#bus = bus;
    bus.subscribe(`agora.${config.run}.referee.question.settled.*`, ({ payload }) => this.#settle(payload));
    bus.subscribe(deadLetterSubject(config.run), ({ payload }) => this.#refuse(payload));
  }

  static async open(config: Config, server: KeyedServer): Promise<Observer> {
    return new Observer(config, await server.connectAs("host"));
  }

  hasJournal(): boolean {
    return this.#reader() !== undefined;
  }

  /** Questions that have settled or are void. */
  outcomes(): number {
    return this.#count("type IN ('question.settled', 'question.voided')");
  }

  isFinished(): boolean {
    return this.#count("type = 'run.finished'") > 0;
  }

  /** The number of the newest record. */
  newest(): number {
    return this.#count("1");
  }

  records(): Message[] {
    return Array.from(this.#reader()?.records() ?? [], ({ message }) => message);
  }

  async close(): Promise<void> {
    this.#journal?.close();
    await this.#bus.close();
  }

  #reader(): JournalReader | undefined {
    try {
      this.#journal ??= JournalReader.openReadOnly(this.#folder);
    } catch {
      return undefined; // It has not been created yet.
    }
    return this.#journal;
  }

  #count(condition: string): number {
    const [row] = this.#reader()?.rows(`SELECT count(*) AS found FROM records WHERE ${condition}`) ?? [];
    return Number(row?.found ?? 0);
  }

  #settle(payload: Uint8Array): void {
    const { dossier } = codec.decode(payload) as { dossier?: { question?: string } };
    if (dossier?.question !== undefined) this.settled.add(dossier.question);
  }

  #refuse(payload: Uint8Array): void {
    const { subject, reason } = codec.decode(payload) as DeadLetter;
    this.refusals.push(`${subject} ${reason}`);
  }
}
