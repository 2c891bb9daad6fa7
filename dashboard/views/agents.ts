/** The agents of the society with their adapters and token rates. */
import { baseWeights, foldWeights, versionOf } from "../../machines/folds/weights.ts";
import type { Config } from "../../runtime/config/config.ts";
import { shownEndpoint } from "../../runtime/model/model-error.ts";
import type { Fact, JoinedFact } from "../record/facts.ts";
import type { AgentView } from "../view.ts";
import type { Fold } from "./fold.ts";
import { crowdRole } from "./role.ts";
import { standing } from "./standing.ts";
import { type Crowd, type States, withAncestors } from "./states.ts";

/** Window for the token rate [ms]. */
const window = 5_000;

interface Usage {
  readonly at: number;
  readonly tokens: number;
}

/** Name of the agent that represents a crowd: the plural of its kind. */
export const crowdName = (kind: string): string => `${kind}s`;

/** Agents that exist for one topic, such as `wren/q1`, send under the name of their crowd. */
export const isOfCrowd = (sender: string): boolean => sender.includes("/");

export interface Instant {
  readonly at: number;
  readonly states: States;
  /** True after the end of the run: token rates are 0. */
  readonly isOver: boolean;
  /** The last event of each agent, if known. */
  readonly lastEvents?: ReadonlyMap<string, string>;
}

export class Agents implements Fold {
  /** Endpoint of each agent's model, by agent. */
  readonly #endpoints: ReadonlyMap<string, string>;
  readonly #joined = new Map<string, JoinedFact>();
  readonly #gone = new Map<string, string>();
  #weights = baseWeights;
  readonly #usages = new Map<string, Usage[]>();
  #revision = 0;

  constructor({ models }: Config) {
    this.#endpoints = new Map(models.map(({ name, endpoint }) => [name, shownEndpoint(endpoint)]));
  }

  get revision(): number {
    return this.#revision;
  }

  accept(fact: Fact): void {
    switch (fact.type) {
      case "agent.joined":
        this.#joined.set(fact.agent, fact);
        this.#gone.delete(fact.agent);
        this.#revision += 1;
        return;
      case "agent.left":
        this.#gone.set(fact.agent, fact.reason);
        this.#revision += 1;
        return;
      case "adapter.published":
      case "adapter.withdrawn":
        this.#weights = foldWeights(this.#weights, fact);
        return;
      case "call.metered":
        this.#meter(fact.model, { at: fact.at, tokens: fact.completionTokens });
        return;
    }
  }

  view(instant: Instant): AgentView[] {
    const agents = [...this.#joined.values()].map((joined) => this.#agentView(joined, instant));
    return [...agents, ...instant.states.crowds.map((crowd) => this.#crowdView(crowd, instant))];
  }

  #agentView(joined: JoinedFact, { at, states, isOver, lastEvents }: Instant): AgentView {
    const { agent, kind, member, chart, model } = joined;
    const innermost = states.agents.get(agent) ?? [];
    const gone = this.#gone.get(agent);
    const { active, role } = standing(innermost);
    return {
      ...{ agent, kind, member, chart },
      active,
      ...takenOf(states, agent),
      ...optional("lastEvent", lastEvents?.get(agent)),
      role: gone === undefined ? role : "gone",
      ...optional("model", model),
      ...optional("endpoint", this.#endpoints.get(agent)),
      adapter: versionOf(this.#weights, agent),
      tokensPerSecond: isOver ? 0 : this.#speedOf(agent, at),
      ...optional("gone", gone),
    };
  }

  #crowdView({ kind, chart, counts }: Crowd, { lastEvents, states }: Instant): AgentView {
    const agent = crowdName(kind);
    const active = Object.keys(counts).filter((id) => (counts[id] ?? 0) > 0);
    return {
      ...{
        agent,
        kind,
        member: false,
        chart,
        active: withAncestors(active),
        role: crowdRole(counts),
        counts,
      },
      ...takenOf(states, agent),
      ...optional("lastEvent", lastEvents?.get(agent)),
      ...{ adapter: 0, tokensPerSecond: 0 },
    };
  }

  #meter(model: string, usage: Usage): void {
    const recent = (this.#usages.get(model) ?? []).filter(({ at }) => at > usage.at - 2 * window);
    this.#usages.set(model, [...recent, usage]);
  }

  #speedOf(model: string, at: number): number {
    const recent = (this.#usages.get(model) ?? []).filter(
      (usage) => usage.at > at - window && usage.at <= at,
    );
    const tokens = recent.reduce((sum, usage) => sum + usage.tokens, 0);
    return Math.round((tokens * 10_000) / window) / 10;
  }
}

const takenOf = ({ taken }: States, agent: string): Pick<AgentView, "taken"> => {
  const arrows = taken.get(agent);
  return arrows === undefined ? {} : { taken: arrows };
};

const optional = <const K extends string>(
  key: K,
  value: string | undefined,
): { readonly [P in K]?: string } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
