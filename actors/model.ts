/** A language model in all its roles: machines/model.ts with the effects of the roles. */
import { fromPromise } from "xstate";
import { baseWeights, foldWeights, versionOf } from "../machines/folds/weights.ts";
import { type Adoption, modelMachine, type Retry } from "../machines/model.ts";
import type { Attempt } from "../machines/work-order.ts";
import type { Draft, Exemplar, Message } from "../runtime/messages.ts";
import { type AgentType, planOf, type Tools } from "./agent.ts";
import { type Perform, tryOnce } from "./attempts.ts";
import { deskOf } from "./desk.ts";
import { openQuestion } from "./question.ts";
import { explain } from "./roles/explainer.ts";
import { pose, rehearse } from "./roles/generator.ts";
import { solve } from "./roles/solver.ts";
import { verify } from "./roles/verifier.ts";
import { vote } from "./roles/voter.ts";

const perform = (tools: Tools, attempt: Attempt, signal: AbortSignal): Promise<Draft[]> => {
  const { work } = attempt;
  switch (work.kind) {
    case "pose":
      return pose(tools, work, attempt, signal, openQuestion);
    case "solve":
      return solve(tools, work, attempt, signal);
    case "verify":
      return verify(tools, work, attempt, signal);
    case "vote":
      return vote(tools, work, attempt, signal);
    case "explain":
      return explain(tools, work, attempt, signal);
  }
};

const noExemplars: readonly Exemplar[] = [];

type ToolsOf = (name: string) => Tools;

const machineFor = (toolsOf: ToolsOf) => {
  const adopt = fromPromise<void, Adoption>(async ({ input: { name, version }, signal }) =>
    toolsOf(name).models.get(name)?.adopt(version, signal),
  );
  const act =
    (tools: Tools): Perform =>
    (attempt, signal) =>
      perform(tools, attempt, signal);
  /** Repeats failed work to see whether the model answers again. Its drafts are not used, and no questions are posed. */
  const retry = fromPromise<void, Retry>(async ({ input, signal }) => {
    const { name, work } = input;
    const tools = toolsOf(name);
    const again: Perform =
      work.kind === "pose" ? (attempt, linked) => rehearse(tools, work, attempt, linked) : act(tools);
    await tryOnce(work, input, again, signal);
  });
  return modelMachine.provide({ actors: { desk: deskOf(toolsOf, act), adopt, retry } });
};

/** The models of one run share one machine: one of its own would take ten times the memory of the actor that runs it. */
class Shared {
  readonly machine = machineFor((name) => this.#toolsOf(name));
  readonly #tools = new Map<string, Tools>();

  add(tools: Tools): void {
    this.#tools.set(tools.name, tools);
  }

  #toolsOf(name: string): Tools {
    const tools = this.#tools.get(name);
    if (tools === undefined) throw new Error(`no model is named ${name}`);
    return tools;
  }
}

/** By what the models of a run have in common. */
const shared = new WeakMap<Tools["models"], Shared>();

const machineOf = (tools: Tools) => {
  const of = shared.get(tools.models) ?? new Shared();
  shared.set(tools.models, of);
  of.add(tools);
  return of.machine;
};

/** Skips messages that concern other members only, which are most of them. */
const concerns =
  (model: string) =>
  (message: Message): boolean => {
    switch (message.type) {
      case "verdict.given":
        return message.verdicts.some(({ verdict }) => verdict === "refuse");
      case "solution.offered":
      case "verdict.requested":
        return message.verifiers.includes(model);
      case "ballot.opened":
        return message.group.includes(model);
      case "winner.elected":
        return message.winner.author === model;
      default:
        return true;
    }
  };

export const model: AgentType = {
  kind: "model",
  member: true,
  essential: false,
  plan: (tools) => {
    const adapter = versionOf(tools.records.reduce(foldWeights, baseWeights), tools.name);
    const input = { name: tools.name, settings: tools.config, adapter, exemplars: noExemplars };
    return { ...planOf("model", machineOf(tools), input), heeds: concerns(tools.name), gathers: true };
  },
};
