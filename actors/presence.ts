/** Who takes part, as far as this process has heard: for the tools of its agents, and for those who come late. */
import { foldMembership, nobody, presentIn } from "../machines/folds/membership.ts";
import type { Message, MessageOf, MessageType } from "../runtime/messages.ts";

type Joined = MessageOf<"agent.joined">;
type Duty = "remarks" | "verifies";

/** The messages that a presence is made of. */
export const presenceTypes = [
  "agent.joined",
  "agent.left",
  "agent.lapsed",
  "agent.recovered",
] as const satisfies MessageType[];

export class Presence {
  /** The charts of agents are for viewers only, and large. */
  readonly #joined = new Map<string, Joined>();
  readonly #lapsed = new Map<string, MessageOf<"agent.lapsed">>();
  #group = nobody;

  accept(message: Message): void {
    this.#group = foldMembership(this.#group, message);
    if (message.type === "agent.joined") this.#joined.set(message.agent, { ...message, machine: null });
    if (message.type === "agent.left") this.#joined.delete(message.agent);
    if (message.type === "agent.lapsed") this.#lapsed.set(message.agent, message);
    else if ("agent" in message) this.#lapsed.delete(message.agent);
  }

  isPresent(agent: string): boolean {
    return this.#joined.has(agent) && !this.#lapsed.has(agent);
  }

  /** Members of the R-group that are present. */
  members(): string[] {
    return presentIn(this.#group);
  }

  /** Other agents that are present and that questions need. */
  having(duty: Duty): string[] {
    const named = [...this.#joined.values()].filter((joined) => joined[duty] && this.isPresent(joined.agent));
    return named.map(({ agent }) => agent).toSorted();
  }

  /** What another process has to hear to know the same. */
  messages(): Message[] {
    return [...this.#joined.values(), ...this.#lapsed.values()];
  }
}
