/** `agora join`: plays members of a run in this process, which another process or another machine hosts. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { counted } from "../../machines/counted.ts";
import type { Bus } from "../../runtime/bus/bus.ts";
import { connectNatsBus } from "../../runtime/bus/bus-nats.ts";
import { busOfKeys } from "../../runtime/bus/bus-of-keys.ts";
import { shownServers } from "../../runtime/bus/nats-address.ts";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import { guestConfig, type OwnPart } from "../../runtime/config/guest-config.ts";
import type { Message } from "../../runtime/messages.ts";
import { Terms } from "../../runtime/wire/terms.ts";
import { UsageError } from "../exit-codes.ts";
import { admitted, onlyRun } from "../host/admission.ts";
import { type GuestEnd, visit } from "../host/guest.ts";
import { OwedCosts } from "../host/owed-costs.ts";
import { type GuestParts, guestParts } from "../host/parts.ts";
import { namesIn, numberIn } from "../options.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { openServerNotice } from "../terminal/open-server.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";

export interface JoinFlags extends OutputFlags {
  readonly agents: string;
  readonly run?: string;
  readonly config?: string;
  readonly runs?: string;
  readonly natsKey?: string;
  readonly natsCa?: string;
  readonly wait: string;
}

const secondsOf = (wait: string): number => {
  const seconds = numberIn(wait);
  if (seconds >= 0) return seconds;
  throw new UsageError(`--wait is ${wait}`, { expected: "0 seconds or more" });
};

const keyIn = ({ natsKey }: JoinFlags): string | undefined => natsKey ?? process.env.NATS_KEY;

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** One connection for each key. @throws BusError */
const connect = async (servers: string, agents: readonly string[], flags: JoinFlags): Promise<Bus> => {
  const key = keyIn(flags);
  const open = (keyFile: string | undefined) =>
    connectNatsBus({ servers, keyFile, caFile: flags.natsCa, name: `agora join ${agents.join(",")}` });
  if (key === undefined) return open(undefined);
  if (!isFolder(key)) {
    if (agents.length === 1) return open(key);
    const fix = "name the folder of their keys with --nats-key, or join each in a process of its own";
    throw new UsageError(`${agents.join(", ")} have a key each, and ${key} holds one`, { fix });
  }
  const connections = new Map<string, Bus>();
  try {
    for (const agent of agents) connections.set(agent, await open(join(key, `${agent}.nk`)));
    return busOfKeys(connections);
  } catch (cause) {
    for (const bus of connections.values()) await bus.close();
    throw cause;
  }
};

const ownPart = (flags: JoinFlags): OwnPart => {
  const file: Config | undefined =
    flags.config === undefined ? undefined : loadConfig({ file: flags.config });
  return { models: file?.models ?? [], runsFolder: flags.runs ?? file?.runsFolder };
};

const lineOf = (message: Message, agents: readonly string[]): string | undefined => {
  if (message.type === "round.opened") return `round ${message.round + 1}: ${message.generator} poses`;
  if (message.type === "agent.failed" && agents.includes(message.agent))
    return `${message.agent}: ${message.where}: ${message.cause}`;
  return undefined;
};

const endLine = (end: GuestEnd, agents: string): string => {
  if (end.outcome === "finished") return `The run has finished: ${end.reason}.`;
  return end.outcome === "left" ? `${agents} left the run; the same command joins again.` : "";
};

const owedLine = ({ calls }: OwedCosts): string =>
  `The cost of ${counted(calls, "call")} is not recorded: no host has taken it.`;

type PartsOf = (config: Config, agents: readonly string[]) => Promise<GuestParts>;

/** Enters again and again, until the run ends or its user stops it. */
export const joinWith = async (servers: string, flags: JoinFlags, partsOf: PartsOf): Promise<void> => {
  const agents = namesIn(flags.agents, "--agents");
  const names = agents.join(", ");
  const [wait, own] = [secondsOf(flags.wait), ownPart(flags)];
  const output = new Output(flags);
  const notice = openServerNotice({ nats: servers, natsKey: keyIn(flags) });
  const bus = await connect(servers, agents, flags);
  const interrupt = onInterrupt(() => output.say(`${names} leave (Ctrl-C again to exit immediately) …`));
  const { signal } = interrupt;
  const terms = new Terms({ onRefusal: (why) => output.warn(`Refused: ${why}.`) });
  const owed = new OwedCosts();
  const visitOnce = async (received: Readonly<Record<string, unknown>>): Promise<GuestEnd> => {
    const config = guestConfig(received, agents, own);
    const parts = await partsOf(config, agents);
    try {
      return await visit({
        ...{ bus, config, agents, parts, terms, owed, signal },
        onJoin: () => output.say(`${names} take part in run ${config.run} at ${shownServers({ servers })}`),
        onMessage: (message) => {
          const line = lineOf(message, agents);
          if (line !== undefined) output.say(line);
        },
        onTrouble: (where, cause) => output.warn(`${where}: ${String(cause)}`),
      });
    } finally {
      await parts.close();
    }
  };
  try {
    if (notice !== undefined) output.say(notice);
    const run = flags.run ?? (await onlyRun(bus, wait, signal));
    const onWait = (problem: string) => output.say(`Waiting: ${problem}.`);
    for (let seconds = wait; ; seconds = Number.POSITIVE_INFINITY) {
      const received = await admitted(bus, run, agents, { terms, seconds, signal, onWait });
      const end: GuestEnd = received === undefined ? { outcome: "left" } : await visitOnce(received);
      if (end.outcome === "failed") throw end.cause;
      if (end.outcome !== "alone") {
        if (owed.calls > 0) output.say(owedLine(owed));
        return output.show({ run, agents, ...end }, () => endLine(end, names));
      }
      output.say(`Waiting: ${end.reason}.`);
    }
  } finally {
    interrupt.release();
    await bus.close();
  }
};

export const joinRun = (servers: string, flags: JoinFlags): Promise<void> =>
  joinWith(servers, flags, guestParts);
