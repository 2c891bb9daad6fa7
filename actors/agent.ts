/**
 * An agent type: a machine with its effects. This is the extension point: one file that exports an `AgentType`,
 * named in the registry (index.ts) or by its path under the configuration's `agents`.
 *
 * 1. An agent hears the messages that its machine has transitions for.
 * 2. What its machine emits is said to the group (XState's `emit`, typed `emitted: {} as Draft`).
 */
import type { AnyStateMachine } from "xstate";
import type { Paces } from "../machines/folds/patience.ts";
import type { PromptPack } from "../prompts/pack.ts";
import type { Config } from "../runtime/config/config.ts";
import type { Draft, Message, Rating } from "../runtime/messages.ts";
import type { TaskView } from "../runtime/task.ts";
import type { TrainingBackend } from "../runtime/training.ts";
import type { Catalogue } from "./roles/catalogue.ts";
import type { ServedModel } from "./serving/served-model.ts";
import type { Turns } from "./serving/turns.ts";

/** What an agent can reach. Everything else it learns from messages. */
export interface Tools {
  /** The agent's own name. */
  readonly name: string;
  readonly config: Config;
  /** The agent's own prompt pack. */
  readonly pack: PromptPack;
  packOf(model: string): PromptPack;
  /** Without what tells right from wrong: the society must find that out for itself. */
  readonly task: TaskView;
  /** Language models by agent name. */
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly catalogue: Catalogue;
  readonly training: TrainingBackend;
  readonly turns: Turns;
  /** The journal as it was when the agent started, oldest first. */
  readonly records: readonly Message[];
  /** Members of the R-group that answer at this moment; in the order in which they verify, where that matters. */
  group(): readonly string[];
  /** After the latest question that settled. */
  ratings(): Readonly<Record<string, Rating>>;
  /** Agents that remark before the vote, and that have joined and not left. */
  remarkers(): readonly string[];
  /** How long members have lately taken, by kind of work. */
  paces(): Paces;
  send(drafts: readonly Draft[]): void;
  /** Records trouble that the agent survived. */
  note(trouble: { readonly where: string; readonly cause: string }): void;
  /** Starts a short-lived agent, such as a question; it hears only what concerns `topic`. */
  open(agent: AgentPlan, options: { readonly name: string; readonly topic: string }): void;
}

export interface AgentPlan {
  readonly kind: string;
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  /** Of what the machine has transitions for: a message that it would ignore need not wake it. Default: all. */
  readonly heeds?: (message: Message) => boolean;
  /** Said for an agent whose machine failed: what others would otherwise wait for. */
  readonly lastWords?: (cause: string) => readonly Draft[];
}

export interface AgentType {
  readonly kind: string;
  /** Members of the R-group pose, solve, verify and vote. */
  readonly member: boolean;
  /** The run stops, with the cause, when an agent of an essential type fails. */
  readonly essential: boolean;
  /**
   * Remarks before the vote: it hears `remarks.invited`, answers with any number of `remark.made`, and then always with
   * `remarks.finished`. Default: questions do not wait for it.
   */
  readonly remarks?: boolean;
  plan(tools: Tools): AgentPlan;
}

/** Binds a type's own input to its machine. */
export const planOf = (kind: string, machine: AnyStateMachine, input: unknown): AgentPlan => ({
  kind,
  machine,
  input,
});
