/** The guest's side of entering a run: asks the host, and reads the journal from it. */
import { type Bus, BusError } from "../bus/bus.ts";
import { type Message, parseMessage } from "../messages.ts";
import { packageVersion } from "../package-version.ts";
import { createCodec } from "./codec.ts";
import {
  EntryError,
  type EntryErrorCode,
  enterAnswer,
  enterSubject,
  type Page,
  type Refusal,
  wireVersion,
} from "./enter.ts";
import type { Terms } from "./terms.ts";

export interface EntranceOptions {
  readonly bus: Bus;
  readonly run: string;
  readonly agent: string;
  readonly terms?: Terms;
  /** For the log of the host. Default: those of this program. */
  readonly version?: { readonly wire: number; readonly version: string };
  /** [ms] */
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

export interface Feed {
  /** When the run was created [ms since 1970]; undefined if its host does not say. */
  readonly created: number | undefined;
  /** The journal, oldest first. */
  readonly records: Message[];
  /** Number of the last record. */
  readonly last: number;
  /** Messages that say who takes part. */
  readonly present: readonly Message[];
}

/** A part of a feed. `present` comes with the last one. */
export type FeedPage = Omit<Feed, "present"> & Partial<Pick<Feed, "present">>;

const refusedError = ({ refused, problem, expected, fix }: Refusal): EntryError =>
  new EntryError(`AGORA_JOIN_${refused.toUpperCase()}` as EntryErrorCode, problem, {
    ...(expected === undefined ? {} : { expected }),
    ...(fix === undefined ? {} : { fix }),
  });

/** What goes wrong on the way, in the words of who wants to enter. */
const failure = ({ run, agent }: EntranceOptions, cause: unknown): unknown => {
  if (!(cause instanceof BusError)) return cause;
  if (cause.code === "AGORA_BUS_NO_RESPONDERS" || cause.code === "AGORA_BUS_TIMEOUT")
    return new EntryError("AGORA_JOIN_RUN", `nobody plays a run called ${run} at this NATS server`, {
      fix: "check --run and --nats, and start the run with --remote",
      cause,
    });
  if (cause.code !== "AGORA_BUS_REFUSED") return cause;
  return new EntryError("AGORA_JOIN_KEY", `the NATS server does not let this key speak as ${agent}`, {
    expected: `the key of ${agent}`,
    fix: `name its file with --nats-key, or the folder of the keys (agora keys <folder> --agents ${agent})`,
    cause,
  });
};

const ask = async (options: EntranceOptions, after: number | undefined): Promise<Page> => {
  const { bus, run, agent, terms, patience = 5_000, signal } = options;
  const version = options.version ?? { wire: wireVersion, version: packageVersion() };
  const codec = createCodec({ maxBytes: bus.maxPayload });
  const term = terms?.highest ?? 0;
  const request = codec.encode({ agent, term, ...version, ...(after === undefined ? {} : { after }) });
  const wait = { timeoutMilliseconds: patience, signal };
  const reply = await bus
    .request(enterSubject(run, agent), request, wait)
    .catch((cause: unknown) => Promise.reject(failure(options, cause)));
  const answer = enterAnswer.safeParse(codec.decode(reply));
  if (!answer.success)
    throw new EntryError("AGORA_JOIN_VERSION", "the host's answer cannot be read", {
      fix: "use the same version of Agora on all machines of a run",
    });
  if ("refused" in answer.data) throw refusedError(answer.data);
  terms?.raise(answer.data.term ?? 0);
  return answer.data;
};

/** Asks whether the agent may take part. @returns the run's configuration. @throws EntryError, BusError */
export const knock = async (options: EntranceOptions): Promise<Page["config"]> =>
  (await ask(options, undefined)).config;

/** Reads what was recorded after a record, up to now. @throws EntryError, BusError, MessageError */
export async function* readPages(options: EntranceOptions, after: number): AsyncGenerator<FeedPage> {
  for (let next: number | undefined = after; next !== undefined; ) {
    const page: Page = await ask(options, next);
    const { created, last = page.next ?? next } = page;
    const records = page.records.map(parseMessage);
    const present = page.present?.map(parseMessage);
    yield { created, records, last, ...(present && { present }) };
    next = page.next;
  }
}

/** Reads the journal up to now. @throws EntryError, BusError, MessageError */
export const readFeed = async (options: EntranceOptions): Promise<Feed> => {
  const records: Message[] = [];
  let feed: Feed = { created: undefined, records, last: 0, present: [] };
  for await (const page of readPages(options, 0)) {
    for (const record of page.records) records.push(record);
    feed = { ...feed, ...page, records };
  }
  return feed;
};
