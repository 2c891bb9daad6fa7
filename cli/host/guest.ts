/**
 * Members of a run in a process of their own, over the bus that they share with the host (host.ts).
 *
 * 1. They hear the bus before they read the journal, and start with both: nothing that was recorded in between is missed.
 * 2. A guest that leaves says what others would wait for; one that is killed is missed by the host (attendance).
 * 3. If the host is gone, the guest stops its work, which nobody would record, and enters again when the host is back.
 * 4. Of two hosts they hear the one of the higher term.
 * 5. What was recorded while the link was down they read from the journal once it is back, and who takes part now.
 * 6. An end of the run ends the guest: it says that it leaves once its costs are recorded, and the host waits for that.
 * 7. What calls have cost and no host has recorded is sent again at the next visit of the same run.
 */
import { House } from "../../actors/house.ts";
import { Presence } from "../../actors/presence.ts";
import { Turns } from "../../actors/serving/turns.ts";
import { type Bus, BusError, closedError, type Subscription } from "../../runtime/bus/bus.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import { Meter } from "../../runtime/model/ledger.ts";
import type { Terms } from "../../runtime/wire/terms.ts";
import { createWire, type Wire } from "../../runtime/wire/wire.ts";
import { within } from "../../runtime/within.ts";
import { Answers, lostAfter } from "./answers.ts";
import { Heartbeat } from "./heartbeat.ts";
import { isSilence, JournalReading } from "./journal-reading.ts";
import type { Creation, OwedCosts } from "./owed-costs.ts";
import type { GuestParts } from "./parts.ts";
import { guestResidences, settleIn } from "./residences.ts";
import { servedModels } from "./served.ts";
import { toolsOf } from "./tools.ts";

export interface GuestOptions {
  readonly bus: Bus;
  readonly config: Config;
  readonly agents: readonly string[];
  readonly parts: GuestParts;
  /** Of the run's hosts, in this and in earlier visits. */
  readonly terms: Terms;
  /** Costs that no host has recorded in earlier visits; those of this one are added. */
  readonly owed: OwedCosts;
  readonly signal: AbortSignal;
  /** Called when the agents have joined. */
  readonly onJoin?: () => void;
  readonly onMessage?: (message: Message) => void;
  readonly onTrouble?: (where: string, cause: unknown) => void;
}

export type GuestEnd =
  | { readonly outcome: "finished"; readonly reason: string }
  | { readonly outcome: "left" }
  /** The host is gone; the agents can enter again when it is back. */
  | { readonly outcome: "alone"; readonly reason: string }
  | { readonly outcome: "failed"; readonly cause: unknown };

/** Time to wait for aborted calls and for the recorder at the end [ms]. */
const patience = 2_000;
const stopped = "its process was stopped";

/** What a guest says when it leaves, after its last costs; nothing if there is no host. */
const farewells: Readonly<Record<GuestEnd["outcome"], string | undefined>> = {
  finished: "the run has finished",
  left: stopped,
  failed: stopped,
  alone: undefined,
};

/** The visit has ended before a recorder has answered. */
const isUnanswered = (cause: unknown): boolean =>
  cause instanceof BusError && ["AGORA_BUS_ABORTED", "AGORA_BUS_CLOSED"].includes(cause.code);

/** How a visit ends that could not begin. Anything but a user's stop and a silent host is thrown. */
const unbegun = (cause: unknown, signal: AbortSignal): GuestEnd => {
  if (signal.aborted) return { outcome: "left" };
  if (isSilence(cause)) return { outcome: "alone", reason: cause.problem };
  throw cause;
};

/** At the end a server that is gone is no failure. */
const ignored = (): void => {};

/** Resolves when the agents no longer take part. Rejects if they cannot begin to. @throws EntryError, BusError */
export const visit = async (options: GuestOptions): Promise<GuestEnd> => {
  const { bus, config, agents, parts, terms, owed, signal } = options;
  const [first = ""] = agents;
  const ending = Promise.withResolvers<GuestEnd>();
  let visited: Creation;
  const wire = createWire({
    bus,
    run: config.run,
    terms,
    speaker: first,
    onHandlerError: (cause, message) => options.onTrouble?.(`hearing ${message.type}`, cause),
    onSendError: (cause, message) => {
      if (message.type === "call.metered" && isUnanswered(cause)) owed.add(message, visited);
      else options.onTrouble?.(`sending ${message.type}`, cause);
    },
  });
  const stop = (): void => ending.resolve({ outcome: "left" });
  let reading: JournalReading | undefined;
  let rejoining: Subscription | undefined;
  signal.addEventListener("abort", stop);
  const meter = new Meter({ report: (metered) => wire.send(metered, metered.model) });
  try {
    // The host learns of a lost model before its next question.
    const answers = new Answers((_, { refusals }) => void (refusals === lostAfter && heartbeat.pulse()));
    const answering = answers.watching(await parts.models(meter.add));
    const residencesWith = await guestResidences(config, agents);
    const entrance = { bus, run: config.run, agent: first, terms, signal };
    const presence = new Presence();
    reading = new JournalReading({ wire, entrance, agents, presence });
    const { created, records } = await reading.begin();
    visited = created;
    const models = servedModels(answering, config, parts, created);
    const house = new House({ wire, onFatal: (cause) => ending.resolve({ outcome: "failed", cause }) });
    const turns = new Turns({ models, configs: [], patience });
    const tools = toolsOf({ config, parts, models, turns, records, presence, house, wire });
    const onUnread = (cause: unknown): void => {
      if (!isUnanswered(cause)) options.onTrouble?.("reading what was missed", cause);
    };
    const onGone = (reason: string): void => ending.resolve({ outcome: "alone", reason });
    const heartbeat = new Heartbeat({
      ...{ wire, agents, every: config.heartbeatSeconds, terms, onGone },
      standingOf: (agent) => answers.of(agent),
    });
    wire.hear(["run.finished"], ({ reason }) => ending.resolve({ outcome: "finished", reason }));
    whenAllHaveLeft(wire, agents, (reason) =>
      ending.resolve({ outcome: "failed", cause: new Error(`its agents have left: ${reason}`) }),
    );
    if (options.onMessage) wire.hear("all", options.onMessage);
    settleIn(house, residencesWith(tools));
    // All have taken from them what they need, and a journal can be long.
    records.length = 0;
    rejoining = bus.onStatus((status) => {
      if (status.type === "closed") ending.resolve({ outcome: "failed", cause: closedError(status.cause) });
      if (status.type === "reconnected") reading?.catchUp().catch(onUnread);
    });
    for (const message of owed.take(visited)) wire.send(message, message.from);
    heartbeat.start();
    options.onJoin?.();
    if (signal.aborted) stop();
    const end = await ending.promise;
    if (end.outcome === "left") house.leave(stopped);
    else house.close();
    await Promise.all([...models.values()].map((model) => model.idle(patience)));
    meter.close();
    if (end.outcome !== "alone") await within(patience, wire.drain()).catch(ignored);
    heartbeat.stop(farewells[end.outcome]);
    await within(patience, bus.flush()).catch(ignored);
    return end;
  } catch (cause) {
    return unbegun(cause, signal);
  } finally {
    signal.removeEventListener("abort", stop);
    rejoining?.unsubscribe();
    reading?.end();
    meter.close();
    wire.close();
  }
};

const whenAllHaveLeft = (wire: Wire, agents: readonly string[], tell: (reason: string) => void): void => {
  const here = new Set(agents);
  wire.hear(["agent.left"], ({ agent, reason }) => {
    if (here.delete(agent) && here.size === 0) tell(reason);
  });
};
