/**
 * The host's side of entering: answers agents of other processes.
 *
 * A page of the journal holds at most a quarter of what a payload may hold, so that the host is never busy with one for
 * long.
 */
import type { Bus, Delivery, Subscription } from "../bus/bus.ts";
import type { Message } from "../messages.ts";
import { packageVersion } from "../package-version.ts";
import { type Codec, createCodec } from "./codec.ts";
import {
  type EnterRequest,
  enterPattern,
  enterRequest,
  enterSubject,
  type Page,
  type Refusal,
  wireVersion,
} from "./enter.ts";

/** What the host knows. */
export interface Register {
  readonly term: number;
  /** When the run was created [ms since 1970]. */
  readonly created: number;
  /** Without secrets: any agent may read it. */
  readonly config: Readonly<Record<string, unknown>>;
  records(after: number): Iterable<{ readonly seq: number; readonly message: Message }>;
  /** Messages that say who takes part. */
  present(): readonly Message[];
  /** Why an agent may not enter; undefined if it may. */
  whyNot(agent: string): Refusal | undefined;
}

export interface ReceptionOptions {
  readonly bus: Bus;
  readonly run: string;
  readonly register: Register;
}

const outdated = ({ wire, version }: EnterRequest): Refusal | undefined => {
  if (wire === wireVersion) return undefined;
  return {
    refused: "version",
    problem: `the host runs Agora ${packageVersion()} (wire version ${wireVersion}), this is Agora ${version} (wire version ${wire})`,
    expected: `wire version ${wireVersion}`,
    fix: "use the same version of Agora on all machines of a run",
  };
};

const malformed = (problem: string): Refusal => ({ refused: "malformed", problem });

/** Records up to a size in bytes, one at least. */
const pageAfter = (
  register: Register,
  after: number,
  most: number,
): Pick<Page, "records" | "next" | "last"> => {
  const records: Message[] = [];
  let size = 0;
  let last = after;
  for (const { seq, message } of register.records(after)) {
    size += JSON.stringify(message).length;
    if (records.length > 0 && size > most) return { records, next: last };
    records.push(message);
    last = seq;
  }
  return { records, last };
};

/** Undefined if this host was replaced by one that the agent has heard: that one answers. */
const answerTo = ({ bus, run, register }: ReceptionOptions, codec: Codec, delivery: Delivery) => {
  const parsed = enterRequest.safeParse(codec.decode(delivery.payload));
  if (!parsed.success) return malformed("the request is not one to enter a run");
  const { agent, after, term: heard = 0 } = parsed.data;
  const { term, created } = register;
  if (heard > term) return undefined;
  if (delivery.subject !== enterSubject(run, agent)) return malformed(`${agent} does not ask for itself`);
  const refused = outdated(parsed.data) ?? (after === undefined ? register.whyNot(agent) : undefined);
  if (refused !== undefined) return refused;
  if (after === undefined) return { term, created, config: register.config, records: [] };
  const found = pageAfter(register, after, bus.maxPayload / 4);
  const present = found.next === undefined ? { present: register.present() } : {};
  return { term, created, config: {}, ...found, ...present };
};

export const receiveAgents = (options: ReceptionOptions): Subscription => {
  const codec = createCodec({ maxBytes: options.bus.maxPayload });
  const answer = (delivery: Delivery): unknown => {
    try {
      return answerTo(options, codec, delivery);
    } catch (cause) {
      return malformed(cause instanceof Error ? cause.message : String(cause));
    }
  };
  return options.bus.subscribe(enterPattern(options.run), (delivery) => {
    const given = answer(delivery);
    if (given !== undefined) delivery.reply?.(codec.encode(given));
  });
};
