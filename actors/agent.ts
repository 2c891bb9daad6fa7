/**
 * An agent type: a machine with its effects. To add one, write a file that exports an `AgentType`, and name it in the
 * registry (index.ts) or by its path under the configuration's `agents`.
 *
 * 1. An agent receives the messages that its machine has transitions for.
 * 2. What its machine emits is sent to the group (XState's `emit`, typed `emitted: {} as Draft`).
 */
import type { AnyStateMachine } from "xstate";
import type { Paces } from "../machines/folds/patience.ts";
import type { Settings } from "../machines/settings.ts";
import type { PromptPack } from "../prompts/pack.ts";
import type { Config } from "../runtime/config/config.ts";
import type { Draft, Message, Rating } from "../runtime/messages.ts";
import type { TaskView } from "../runtime/task.ts";
import type { TrainingBackend } from "../runtime/training.ts";
import type { Catalogue } from "./roles/catalogue.ts";
import type { ServedModel } from "./serving/served-model.ts";
import type { Turns } from "./serving/turns.ts";

/** What an agent can use. Everything else it learns from messages. */
export interface Tools {
  /** The agent's own name. */
  readonly name: string;
  readonly config: Config;
  /** The agent's own prompt pack. */
  readonly pack: PromptPack;
  packOf(model: string): PromptPack;
  /** The task without its answers: the society does not see them. */
  readonly task: TaskView;
  /** Language models by agent name. */
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly catalogue: Catalogue;
  readonly training: TrainingBackend;
  readonly turns: Turns;
  /** The journal as it was when the agent started, oldest first; empty afterwards, so that it is not kept. */
  readonly records: readonly Message[];
  /** Members of the R-group that are present: for a question in the order in which they are asked to verify, else by name. */
  group(question?: string): readonly string[];
  /** After the latest question that settled. */
  ratings(): Readonly<Record<string, Rating>>;
  /** Agents that remark before the vote and are present. */
  remarkers(): readonly string[];
  /** The newest round that has been opened; 0 before the first. */
  round(): number;
  /** The configuration with the components that are in force in a round. */
  settingsIn(round: number): Settings;
  /** Agents beside the group that verify all solutions and are present. */
  judges(): readonly string[];
  /** Members' recent longest times, by kind of work. */
  paces(): Paces;
  send(drafts: readonly Draft[]): void;
  /** Records a problem after which the agent continues. */
  note(trouble: { readonly where: string; readonly cause: string }): void;
  /** Starts a short-lived agent, such as a question; it receives only messages about `topic`. */
  open(agent: AgentPlan, options: { readonly name: string; readonly topic: string }): void;
}

export interface AgentPlan {
  readonly kind: string;
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  /** Filters messages that the machine would ignore, so that they cost nothing. Default: all pass. */
  readonly heeds?: (message: Message) => boolean;
  /**
   * Hears messages of one type that arrive within one turn of the event loop as one event (machines/heard.ts), which
   * costs one transition. Default: each message is an event.
   */
  readonly gathers?: boolean;
  /** Messages sent for an agent whose machine failed: those that others would wait for. */
  readonly lastWords?: (cause: string) => readonly Draft[];
}

export interface AgentType {
  readonly kind: string;
  /** Members of the R-group pose, solve, verify and vote. */
  readonly member: boolean;
  /** The run stops, with the cause, when an agent of an essential type fails. */
  readonly essential: boolean;
  /**
   * It remarks before the vote: it receives `remarks.invited`, and answers with any number of `remark.made` and then
   * always with `remarks.finished`. Default: questions do not wait for it.
   */
  readonly remarks?: boolean;
  /**
   * It poses the questions of every round in the members' place: the supervisor names it as their generator. It gives
   * each of them an outcome: `question.closed`, of which the referee makes `question.settled`, or `question.voided`.
   * Members take part in a question only if its `group` names them. Default: the members pose.
   */
  readonly poses?: boolean;
  /**
   * It is no member and verifies all solutions: it answers every `solution.offered` with `verdict.given`, and a solution
   * needs its consent as it needs that of the members. Default: it does not.
   */
  readonly verifies?: boolean;
  plan(tools: Tools): AgentPlan;
}

/** Combines a machine with its input. */
export const planOf = (kind: string, machine: AnyStateMachine, input: unknown): AgentPlan => ({
  kind,
  machine,
  input,
});
