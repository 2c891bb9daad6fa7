/** What the host tells agents of other processes that want to take part, and whom it lets in. */
import type { Presence } from "../../actors/presence.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import type { Refusal } from "../../runtime/wire/enter.ts";
import type { Register } from "../../runtime/wire/reception.ts";

export interface Guests {
  readonly config: Config;
  /** Members that the host does not play itself. */
  readonly remote: readonly string[];
}

/** Addresses may hold a password, and servers are the host's own. */
const publicPart = ({ nats: _nats, natsKey: _key, natsCa: _ca, servers: _servers, ...rest }: Config) => rest;

const whyNot = ({ config, remote }: Guests, presence: Presence, agent: string): Refusal | undefined => {
  const { run, models } = config;
  const awaited = remote.length > 0 ? `one of ${remote.join(", ")}` : "no agent of another process";
  if (!models.some(({ name }) => name === agent))
    return { refused: "agent", problem: `run ${run} has no member called ${agent}`, expected: awaited };
  if (!remote.includes(agent)) {
    const fix = `start the run with --remote ${[...remote, agent].join(",")}`;
    return { refused: "hosted", problem: `${agent} plays in the host's process`, expected: awaited, fix };
  }
  if (!presence.isPresent(agent)) return undefined;
  const problem = `${agent} takes part already, from another process`;
  return { refused: "present", problem, fix: "stop that one first; it is missed some seconds after its end" };
};

export const registerOf = (guests: Guests, presence: Presence, journal: Journal): Register => ({
  term: journal.term,
  created: journal.created,
  config: { ...publicPart(guests.config), remote: guests.remote },
  records: (after) => journal.records(after),
  present: () => presence.messages(),
  whyNot: (agent) => whyNot(guests, presence, agent),
});
