/**
 * The composition root: one run in one process, from a configuration to a finished journal.
 *
 * 1. The journal is opened first and closed last. Its recorder writes the messages; the host writes the measurements
 *    after the recorder has closed.
 * 2. Everything that was started is stopped in reverse order, however the run ends.
 * 3. A run ends once: finished, stopped by its user, or failed with one cause.
 * 4. The journal has the costs of all calls: it is closed after the calls that are aborted at the end.
 */
import type { InspectionEvent } from "xstate";
import type { AgentType, Tools } from "../../actors/agent.ts";
import { House, type HouseWindow, type Residence } from "../../actors/house.ts";
import { Catalogue } from "../../actors/roles/catalogue.ts";
import { probesOf } from "../../actors/serving/probes.ts";
import { ServedModel } from "../../actors/serving/served-model.ts";
import { Turns } from "../../actors/serving/turns.ts";
import type { RunEnd } from "../../experiments/result.ts";
import { foldMembership, nobody, presentIn } from "../../machines/folds/membership.ts";
import { learnPaces, type Paces } from "../../machines/folds/patience.ts";
import {
  foldStanding,
  type Standing,
  strictestFirst,
  unknownStanding,
} from "../../machines/folds/standing.ts";
import type { PromptPack } from "../../prompts/pack.ts";
import type { Bus } from "../../runtime/bus/bus.ts";
import type { Config } from "../../runtime/config/config.ts";
import { Journal } from "../../runtime/journal/journal.ts";
import type { Draft, Message } from "../../runtime/messages.ts";
import { Meter } from "../../runtime/model/ledger.ts";
import type { Model, UsageListener } from "../../runtime/model/model.ts";
import { type Task, validationOf, viewOf } from "../../runtime/task.ts";
import type { TrainingBackend } from "../../runtime/training.ts";
import { echo } from "../../runtime/wire/echo.ts";
import { recordDurable } from "../../runtime/wire/recorder.ts";
import { createWire, type Wire } from "../../runtime/wire/wire.ts";
import { runFolder } from "./run-folder.ts";
import { StuckWatch } from "./stuck.ts";

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

export interface RunOptions {
  readonly config: Config;
  /** Continues the journal of the run instead of creating one. */
  readonly resume?: boolean;
  /** With `resume`: the goals of the configuration replace the earlier ones. */
  readonly extend?: boolean;
  readonly inspect?: (event: InspectionEvent) => void;
  /** Called with every message of the run, for progress and logs. */
  readonly onMessage?: (message: Message) => void;
  /** Called with errors that no agent can report. */
  readonly onTrouble?: (where: string, cause: unknown) => void;
}

export interface Run {
  readonly folder: string;
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly tools: Tools;
  /** All present, absent and former members of the R-group. */
  members(): readonly string[];
  /** The agents, for observers. */
  readonly house: HouseWindow;
  /** Resolves when the society has ended; models stay available until `close`. */
  readonly ended: Promise<RunEnd>;
  /** Writes a measurement to the journal after the society has ended. @throws JournalError */
  keep(draft: Draft<"measure.taken" | "measure.progressed">): void;
  /** Stops the society; the run can be resumed. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Time to wait for aborted calls at the end [ms]. */
const patience = 2_000;

const openJournal = ({ config, resume, extend }: RunOptions): Journal => {
  if (!resume) return Journal.create(runFolder(config), JSON.stringify(config));
  const journal = Journal.open(runFolder(config));
  const { rounds, updates, tokens } = config;
  if (extend) journal.append([fromHost({ type: "run.extended", rounds, updates, tokens })]);
  return journal;
};

const fromHost = <Type extends Draft["type"]>(draft: Draft<Type>): Message =>
  ({ ...draft, from: "host", at: Date.now() }) as Message;

/** The end of the run in its journal, unless it was extended afterwards. */
const earlierEnd = (records: readonly Message[]): RunEnd | undefined => {
  const last = records.findLast(({ type }) => type === "run.finished" || type === "run.extended");
  return last?.type === "run.finished" ? { outcome: "finished", reason: last.reason } : undefined;
};

/** Starts a run. If a part fails to start, everything is stopped and the promise rejects. */
export const startRun = async (options: RunOptions, parts: Parts): Promise<Run> => {
  const journal = openJournal(options);
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
  const records = Array.from(journal.records(), ({ message }) => message);
  const ending = Promise.withResolvers<RunEnd>();
  const fail = (cause: unknown) => ending.resolve({ outcome: "failed", cause });
  const { bus } = parts;
  const onError = (cause: unknown) => {
    fail(cause);
    // Messages on their way to the journal get no answer any more: the wire gives them up.
    wire.close();
  };
  const recorder = recordDurable({ bus, run: config.run, journal, onError });
  const wire = createWire({
    bus,
    run: config.run,
    known: records,
    onHandlerError: (cause, message) => options.onTrouble?.(`hearing ${message.type}`, cause),
    onSendError: (cause, message) => options.onTrouble?.(`sending ${message.type}`, cause),
  });
  const folder = runFolder(config);
  const meter = new Meter({ report: (metered) => wire.send(metered, metered.model) });
  const stuck = new StuckWatch(fail);
  const models = new Map(
    stuck.watching(await parts.models(meter.add)).map((model) => {
      const pack = parts.packs?.get(model.name) ?? parts.pack;
      const probes = probesOf({ config, name: model.name, pack }, parts.task);
      return [model.name, new ServedModel(model, folder, { probes, whileClosed: config.whileTraining })];
    }),
  );
  const turns = new Turns({ models, configs: config.models, patience: config.phaseTimeoutSeconds * 1000 });
  await turns.begin();
  const house = new House({ wire, onFatal: fail, inspect: options.inspect });
  const tools = toolsOf({ config, parts, models, turns, records, house, wire });
  const members = new Set<string>();
  wire.hear(["agent.joined"], ({ agent, member }) => void (member && members.add(agent)));
  if (options.onMessage) wire.hear("all", options.onMessage);
  wire.hear(["question.settled", "question.voided", "round.closed"], (message) => stuck.accept(message));
  wire.hear(["run.finished"], ({ reason }) => ending.resolve({ outcome: "finished", reason }));
  const earlier = earlierEnd(records);
  if (earlier) ending.resolve(earlier);
  const ended = ending.promise.then(async (end) => {
    house.close();
    await Promise.all([...models.values()].map((model) => model.idle(patience)));
    await turns.end();
    meter.close();
    await wire.drain();
    await echo(bus, config.run);
    recorder.close();
    wire.close();
    return end;
  });
  try {
    await wire.ready();
    const residences = await residencesOf(config, parts.task, tools);
    for (const { name, member } of residences) if (member) members.add(name);
    settleIn(house, residences);
  } catch (cause) {
    fail(cause);
    await ended;
    throw cause;
  }
  return {
    folder,
    models,
    tools: tools("observer"),
    members: () => [...members].toSorted(),
    house,
    ended,
    keep: (draft) => void journal.append([fromHost(draft)]),
    stop: async () => {
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

interface Surroundings {
  readonly config: Config;
  readonly parts: Parts;
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly turns: Turns;
  readonly records: readonly Message[];
  readonly house: House;
  readonly wire: Wire;
}

type ToolsFor = (name: string) => Tools;

const toolsOf = ({ config, parts, models, turns, records, house, wire }: Surroundings): ToolsFor => {
  const task = viewOf(parts.task);
  const catalogue = new Catalogue(parts.pack, task, records);
  let group = nobody;
  wire.hear(["agent.joined", "agent.left", "agent.lapsed", "agent.recovered"], (message) => {
    group = foldMembership(group, message);
  });
  const remarkers = new Set<string>();
  wire.hear(["agent.joined"], ({ agent, remarks }) => void (remarks && remarkers.add(agent)));
  wire.hear(["agent.left"], ({ agent }) => void remarkers.delete(agent));
  let paces: Paces = {};
  wire.hear(["question.closed"], (closed) => {
    paces = learnPaces(paces, closed.paces ?? {});
  });
  const { firstVerifiers } = config;
  const learn = (known: Standing, message: Message) => foldStanding(known, message, firstVerifiers);
  let standing = records.reduce(learn, unknownStanding);
  wire.hear(["question.settled"], (settled) => {
    standing = learn(standing, settled);
  });
  const ordered = (members: readonly string[]): string[] =>
    firstVerifiers === undefined ? members.toSorted() : strictestFirst(members, standing.strictness);
  wire.hear(["question.posed"], (message) => catalogue.learn(message));
  const { training } = parts;
  const packOf = (model: string) => parts.packs?.get(model) ?? parts.pack;
  return (name) => ({
    ...{ name, config, task, models, catalogue, training, turns, records, packOf },
    pack: packOf(name),
    group: () => ordered(presentIn(group)),
    ratings: () => standing.ratings,
    remarkers: () => [...remarkers].toSorted(),
    paces: () => paces,
    send: (drafts) => house.send(name, drafts),
    note: (trouble) => house.send(name, [{ type: "agent.failed", agent: name, ...trouble }]),
    open: (plan, options) => house.admit({ plan, member: false, essential: false, ...options }),
  });
};

/** Institutions come first: they must hear the models join. */
const residencesOf = async (config: Config, task: Task, tools: ToolsFor): Promise<Residence[]> => {
  const { agentTypesOf, institutionsOf } = await import("../../actors/index.ts");
  const named = await agentTypesOf(config);
  const typesOf = (reference: string): AgentType[] => [named.get(reference) ?? []].flat();
  const types: [string, AgentType, string?][] = [
    ...[...institutionsOf(validationOf(task)), ...config.agents.flatMap(typesOf)].map(
      (type): [string, AgentType] => [type.kind, type],
    ),
    ...config.models.flatMap(({ name, kind, model }) =>
      typesOf(kind).map((type): [string, AgentType, string] => [name, type, model]),
    ),
  ];
  return types.map(([name, type, model]): Residence => {
    const plan = type.plan(tools(name));
    const { member, essential, remarks, poses } = type;
    return { name, plan, member, essential, remarks, poses, model };
  });
};

const settleIn = (house: House, residences: readonly Residence[]): void => {
  for (const residence of residences) house.admit(residence);
  for (const residence of residences) house.announce(residence);
};
