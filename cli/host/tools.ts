/** What the agents of a process can use: the models that it calls, and what it has heard of the society. */
import type { Tools } from "../../actors/agent.ts";
import type { House } from "../../actors/house.ts";
import type { Presence } from "../../actors/presence.ts";
import { Catalogue } from "../../actors/roles/catalogue.ts";
import type { ServedModel } from "../../actors/serving/served-model.ts";
import type { Turns } from "../../actors/serving/turns.ts";
import { learnPaces, type Paces } from "../../machines/folds/patience.ts";
import {
  foldStanding,
  type Standing,
  strictestFirst,
  unknownStanding,
} from "../../machines/folds/standing.ts";
import { normalOf } from "../../machines/random.ts";
import type { PromptPack } from "../../prompts/pack.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import { type Task, viewOf } from "../../runtime/task.ts";
import type { TrainingBackend } from "../../runtime/training.ts";
import type { Wire } from "../../runtime/wire/wire.ts";
import { Rounds } from "./rounds.ts";

export interface Surroundings {
  readonly config: Config;
  readonly parts: {
    readonly task: Task;
    readonly training: TrainingBackend;
    readonly pack: PromptPack;
    readonly packs?: ReadonlyMap<string, PromptPack>;
  };
  /** Those that this process calls. */
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly turns: Turns;
  /** The journal as it is when the agents start; empty once they have. */
  readonly records: readonly Message[];
  readonly presence: Presence;
  readonly house: House;
  readonly wire: Wire;
}

export type ToolsFor = (name: string) => Tools;

export const toolsOf = (surroundings: Surroundings): ToolsFor => {
  const { config, parts, models, turns, records, presence, house, wire } = surroundings;
  const task = viewOf(parts.task);
  const catalogue = new Catalogue(parts.pack, task, records);
  let paces: Paces = {};
  wire.hear(["question.closed"], (closed) => {
    paces = learnPaces(paces, closed.paces ?? {});
  });
  const { firstVerifiers, seed } = config;
  const learn = (known: Standing, message: Message) => foldStanding(known, message, firstVerifiers);
  let standing = records.reduce(learn, unknownStanding);
  wire.hear(["question.settled"], (settled) => {
    standing = learn(standing, settled);
  });
  const ordered = (members: readonly string[], question: string | undefined): string[] => {
    if (question === undefined || firstVerifiers === undefined) return members.toSorted();
    const lot = (member: string): number => normalOf(seed, "strictness", question, member);
    return strictestFirst(members, standing.strictness, lot);
  };
  wire.hear(["question.posed"], (message) => catalogue.learn(message));
  const rounds = new Rounds(config, records);
  wire.hear(["round.opened"], (opened) => rounds.accept(opened));
  const { training } = parts;
  const packOf = (model: string) => parts.packs?.get(model) ?? parts.pack;
  return (name) => ({
    ...{ name, config, task, models, catalogue, training, turns, records, packOf },
    pack: packOf(name),
    group: (question) => ordered(presence.members(), question),
    ratings: () => standing.ratings,
    remarkers: () => presence.having("remarks"),
    judges: () => presence.having("verifies"),
    paces: () => paces,
    round: () => rounds.newest,
    settingsIn: (round) => rounds.settingsIn(round),
    send: (drafts) => house.send(name, drafts),
    note: (trouble) => house.send(name, [{ type: "agent.failed", agent: name, ...trouble }]),
    open: (plan, options) => house.admit({ plan, member: false, essential: false, ...options }),
  });
};
