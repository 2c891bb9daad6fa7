/** Who takes part, as far as this process has heard: for the tools of its agents, and for those who come late. */
import { foldMembership, nobody, presentIn } from "../machines/folds/membership.ts";
import type { Message, MessageOf } from "../runtime/messages.ts";
import type { PresenceMessage } from "../runtime/presence-messages.ts";

type Joined = MessageOf<"agent.joined">;
type Duty = "remarks" | "verifies";

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
  messages(): PresenceMessage[] {
    return [...this.#joined.values(), ...this.#lapsed.values()];
  }

  /** What this one has to hear to know the same as another, which knows `messages`. */
  changesTo(messages: readonly Message[]): PresenceMessage[] {
    const other = new Presence();
    for (const message of messages) other.accept(message);
    const agents = new Set([...this.messages(), ...other.messages()].map(({ agent }) => agent));
    return [...agents].flatMap((agent) => this.#changesOf(agent, other));
  }

  #changesOf(agent: string, other: Presence): PresenceMessage[] {
    const [joined, lapsed] = [other.#joined.get(agent), other.#lapsed.get(agent)];
    const isJoined = this.#joined.has(agent);
    if (isJoined === (joined !== undefined) && this.#lapsed.has(agent) === (lapsed !== undefined)) return [];
    const told = [joined, lapsed].filter((message) => message !== undefined);
    const now = { agent, from: "attendance", at: Date.now() };
    if (told.length === 0 || (isJoined && joined === undefined))
      return [{ ...now, type: "agent.left", reason: "it has left" }, ...told];
    if (!isJoined) return told;
    return [lapsed ?? { ...now, type: "agent.recovered" }];
  }
}
