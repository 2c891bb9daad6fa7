/**
 * The composition root of a run, from a configuration to a finished journal: its institutions, its recorder, and those
 * of its members that do not play in other processes (guest.ts).
 *
 * 1. The journal is opened first and closed last. Its recorder writes the messages; the host writes the measurements
 *    after the recorder has closed.
 * 2. Everything that was started is stopped in reverse order, however the run ends.
 * 3. A run ends once: finished, stopped by its user, or failed with one cause.
 * 4. What an operator does reaches the machines as recorded messages, and whoever sent them; stopping is the host's own.
 * 5. The journal has the costs of all calls: it is closed after the calls that are aborted at the end, and after guests
 *    have said that theirs are recorded (farewells.ts).
 */
import type { InspectionEvent } from "xstate";
import type { Tools } from "../../actors/agent.ts";
import { House, type HouseWindow } from "../../actors/house.ts";
import { Presence } from "../../actors/presence.ts";
import type { ServedModel } from "../../actors/serving/served-model.ts";
import { Turns } from "../../actors/serving/turns.ts";
import type { RunEnd } from "../../experiments/result.ts";
import { baseWeights, foldWeights, versionOf } from "../../machines/folds/weights.ts";
import type { PromptPack } from "../../prompts/pack.ts";
import type { Acts } from "../../runtime/acts.ts";
import { type Bus, closedError, type Subscription } from "../../runtime/bus/bus.ts";
import type { Config } from "../../runtime/config/config.ts";
import { institutions } from "../../runtime/config/name-checks.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import { JournalError } from "../../runtime/journal/journal-error.ts";
import type { Draft, Message } from "../../runtime/messages.ts";
import { Meter } from "../../runtime/model/ledger.ts";
import type { Model, UsageListener } from "../../runtime/model/model.ts";
import { presenceTypes } from "../../runtime/presence-messages.ts";
import type { Task } from "../../runtime/task.ts";
import type { TrainingBackend } from "../../runtime/training.ts";
import { echo } from "../../runtime/wire/echo.ts";
import { receiveAgents } from "../../runtime/wire/reception.ts";
import { recordDurable } from "../../runtime/wire/recorder.ts";
import { replacedError, Terms } from "../../runtime/wire/terms.ts";
import { createWire, type Wire } from "../../runtime/wire/wire.ts";
import { within } from "../../runtime/within.ts";
import { RunActs, whyUnchecked } from "./acts.ts";
import { receiveActs } from "./acts-over-bus.ts";
import { Farewells } from "./farewells.ts";
import { fromHost, type Opening, openJournal } from "./open-journal.ts";
import { registerOf } from "./register.ts";
import { hostResidences, settleIn } from "./residences.ts";
import { runFolder } from "./run-folder.ts";
import { servedModels } from "./served.ts";
import { StuckWatch } from "./stuck.ts";
import { toolsOf } from "./tools.ts";

export { runFolder } from "./run-folder.ts";

/** The parts of a run besides its configuration. `standardParts` (parts.ts) makes the real ones. */
export interface Parts {
  readonly bus: Bus;
  readonly task: Task;
  readonly training: TrainingBackend;
  /** The run's prompt pack; its question parser applies to all models. */
  readonly pack: PromptPack;
  /** Packs of the models that use another one, by model name. */
  readonly packs?: ReadonlyMap<string, PromptPack>;
  /** One model per entry of the configuration. */
  models(onUsage: UsageListener): Promise<readonly Model[]>;
  /** Stops the servers the parts have started. */
  close(): Promise<void>;
}

export interface RunOptions extends Opening {
  /** Members that join from other processes. */
  readonly remote?: readonly string[] | undefined;
  readonly inspect?: (event: InspectionEvent) => void;
  /** Called with every message of the run, for progress and logs. */
  readonly onMessage?: (message: Message) => void;
  /** Called with errors that no agent can report. */
  readonly onTrouble?: (where: string, cause: unknown) => void;
  /** An operator stops the run: what follows the society, such as measuring, has to stop as well. */
  readonly onStop?: () => void;
}

export interface Run {
  readonly folder: string;
  /** What the bus does not keep as it should, for people. */
  readonly notices: readonly string[];
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly tools: Tools;
  /** All present, absent and former members of the R-group. */
  members(): readonly string[];
  /** The agents, for observers. */
  readonly house: HouseWindow;
  /** Resolves when the society has ended; models stay available until `close`. */
  readonly ended: Promise<RunEnd>;
  /** What an operator may do to the run. */
  readonly acts: Acts;
  /** Writes a measurement to the journal after the society has ended. @throws JournalError */
  keep(draft: Draft<"measure.planned" | "measure.taken" | "measure.progressed" | "run.measured">): void;
  /** Stops the society; the run can be resumed. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Time to wait for aborted calls at the end, and then for guests [ms]. */
const patience = 2_000;
/** Time to wait for a server that is down, at the end of a run that has not finished [ms]. */
const longestStop = 5_000;

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Why the run failed. A journal that cannot be written is the cause itself, and keeps no reason. */
const keepFailure = (journal: Journal, cause: unknown): void => {
  try {
    journal.append([fromHost({ type: "run.failed", reason: reasonOf(cause) })]);
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
  }
};

/** The end of the run in its journal, unless it was extended afterwards. */
const earlierEnd = (records: readonly Message[]): RunEnd | undefined => {
  const last = records.findLast(({ type }) => type === "run.finished" || type === "run.extended");
  return last?.type === "run.finished" ? { outcome: "finished", reason: last.reason } : undefined;
};

/** Starts a run. If a part fails to start, everything is stopped and the promise rejects. */
export const startRun = async (options: RunOptions, parts: Parts): Promise<Run> => {
  const journal = await openJournal(options).catch(async (cause: unknown) => {
    await parts.close();
    throw cause;
  });
  try {
    return await play(options, parts, journal);
  } catch (error) {
    await parts.close();
    journal.close();
    throw error;
  }
};

const play = async (options: RunOptions, parts: Parts, journal: Journal): Promise<Run> => {
  const { config } = options;
  const ending = Promise.withResolvers<RunEnd>();
  /** The user stops a run that is over and waits for its server. */
  const hurry = Promise.withResolvers<void>();
  const fail = (cause: unknown) => ending.resolve({ outcome: "failed", cause });
  const { bus } = parts;
  const onError = (cause: unknown) => {
    fail(cause);
    // Messages on their way to the journal get no answer any more: the wire gives them up.
    wire.close();
  };
  let acts: RunActs | undefined;
  const { remote = [] } = options;
  const residents = new Set(namesHere(config, remote));
  const terms = new Terms({
    own: bus.isLocal ? undefined : journal.term,
    isHosted: (agent) => residents.has(agent),
    onReplaced: () => onError(replacedError(config.run)),
    onRefusal: (why) => options.onTrouble?.("hearing another host", why),
  });
  const recorder = recordDurable({
    ...{ bus, run: config.run, journal, onError, terms },
    whyNot: (message) => whyUnchecked(message, acts),
    afresh: !options.resume,
  });
  const wire = createWire({
    bus,
    run: config.run,
    terms,
    recorder,
    speaker: "attendance",
    onHandlerError: (cause, message) => options.onTrouble?.(`hearing ${message.type}`, cause),
    onSendError: (cause, message) => options.onTrouble?.(`sending ${message.type}`, cause),
  });
  void options.lost?.then(onError);
  const watching = bus.onStatus((status) => {
    if (status.type === "closed") onError(closedError(status.cause));
  });
  // What earlier processes of the run have sent belongs to its journal before anybody reads it.
  const notices = await recorder.ready;
  const records = Array.from(journal.records(), ({ message }) => message);
  wire.remember(records);
  const folder = runFolder(config);
  const meter = new Meter({ report: (metered) => wire.send(metered, metered.model) });
  const stuck = new StuckWatch({ onStuck: fail, outageSeconds: config.outageSeconds });
  const models = servedModels(stuck.watching(await parts.models(meter.add)), config, parts, journal.created);
  const turns = new Turns({ models, configs: config.models, patience: config.phaseTimeoutSeconds * 1000 });
  await turns.begin();
  const house = new House({ wire, onFatal: fail, inspect: options.inspect });
  const presence = new Presence();
  wire.hear(presenceTypes, (message) => presence.accept(message));
  const farewells = new Farewells(wire, remote);
  const tools = toolsOf({ config, parts, models, turns, records, presence, house, wire });
  followAdapters(wire, models, remote, records);
  const members = new Set<string>();
  wire.hear(["agent.joined"], ({ agent, member }) => void (member && members.add(agent)));
  let isOver = false;
  const operator = new RunActs({
    ...{ config, records, pack: parts.pack },
    send: (draft) => wire.send(draft, "operator"),
    keep: (draft) => void journal.append([{ ...fromHost(draft), from: "operator" }]),
    isOver: () => isOver,
    stop: () => options.onStop?.(),
  });
  acts = operator;
  wire.hear("all", (message) => operator.accept(message));
  wire.hear(["operator.stopped"], () => ending.resolve({ outcome: "stopped" }));
  const { onMessage } = options;
  // Signs of life would fill every log and every picture.
  if (onMessage) wire.hear("all", (message) => void (message.type !== "agent.pulsed" && onMessage(message)));
  const progress = ["question.settled", "question.voided", "round.closed", "agent.pulsed"] as const;
  wire.hear(progress, (message) => stuck.accept(message));
  wire.hear(["run.finished"], ({ reason }) => ending.resolve({ outcome: "finished", reason }));
  const earlier = earlierEnd(records);
  if (earlier) ending.resolve(earlier);
  const doors: Subscription[] = [receiveActs(bus, config.run, operator)];
  const ended = ending.promise.then(async (end) => {
    isOver = true;
    operator.end();
    for (const door of doors) door.unsubscribe();
    house.close();
    await Promise.all([...models.values()].map((model) => model.idle(patience)));
    await turns.end();
    meter.close();
    const longest = end.outcome === "finished" ? 1000 * config.outageSeconds : longestStop;
    await within(longest, Promise.race([wire.drain(), hurry.promise]));
    // After another end guests wait for the next host, and send it what this one has not recorded.
    if (end.outcome === "finished") await within(patience, Promise.race([farewells.all(), hurry.promise]));
    await echo(bus, config.run);
    if (!bus.isLocal) wire.send(farewell(end), "attendance");
    recorder.close();
    wire.close();
    watching.unsubscribe();
    if (end.outcome === "failed") keepFailure(journal, end.cause);
    return end;
  });
  try {
    await wire.ready();
    const { isLocal: isAlone } = bus;
    const residences = await hostResidences({ config, task: parts.task, tools }, { remote, isAlone });
    for (const { name, member } of residences) {
      residents.add(name);
      if (member) members.add(name);
    }
    settleIn(house, residences);
    // All have taken from them what they need, and a journal can be long.
    records.length = 0;
    const register = registerOf({ config, remote }, presence, journal);
    // A run that was finished when it began has ended by now.
    if (!isAlone && !isOver) doors.push(receiveAgents({ bus, run: config.run, register }));
  } catch (cause) {
    fail(cause);
    await ended;
    throw cause;
  }
  return {
    folder,
    notices,
    models,
    tools: tools("observer"),
    members: () => [...members].toSorted(),
    house,
    ended,
    acts: operator,
    keep: (draft) => void journal.append([fromHost(draft)]),
    stop: async () => {
      if (isOver) hurry.resolve();
      ending.resolve({ outcome: "stopped" });
      await ended;
    },
    close: async () => {
      ending.resolve({ outcome: "stopped" });
      await ended;
      await parts.close();
      journal.close();
    },
  };
};

/** Who plays in the host's process, as far as the configuration names them. */
const namesHere = ({ models }: Config, remote: readonly string[]): string[] => [
  ...institutions,
  ...models.flatMap(({ name }) => (remote.includes(name) ? [] : name)),
];

/** Agents of other processes need not wait for signs of life that do not come any more. */
const farewell = ({ outcome }: RunEnd): Draft<"agent.pulsed"> => ({
  type: "agent.pulsed",
  ...{ agent: "attendance", life: "ending", every: 1, leaves: outcome },
});

/** The host measures members that play elsewhere with the weights that they use there. */
const followAdapters = (
  wire: Wire,
  models: ReadonlyMap<string, ServedModel>,
  remote: readonly string[],
  records: readonly Message[],
): void => {
  let weights = records.reduce(foldWeights, baseWeights);
  const adopt = (model: string): void => {
    const version = versionOf(weights, model);
    // A version that cannot be loaded is reported by whoever needs it.
    if (remote.includes(model) && version > 0)
      void models
        .get(model)
        ?.adopt(version)
        .catch(() => {});
  };
  for (const model of remote) adopt(model);
  wire.hear(["adapter.published", "adapter.withdrawn"], (message) => {
    weights = foldWeights(weights, message);
    adopt(message.model);
  });
};
