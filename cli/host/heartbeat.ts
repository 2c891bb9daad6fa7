/**
 * Signs of life of the agents of a guest, and watch over the host's.
 *
 * Time is counted in the guest's own signs of life as it hears them, as the host does (machines/folds/roll.ts): while
 * the server is down nobody is missed.
 */
import { randomUUID } from "node:crypto";
import type { MessageOf } from "../../runtime/messages.ts";
import type { Terms } from "../../runtime/wire/terms.ts";
import type { Wire } from "../../runtime/wire/wire.ts";
import type { Standing } from "./answers.ts";

/** Signs of life of the guest after which the host counts as gone: a busy host is late, and the guest loses its work. */
const mostMissed = 15;

export interface HeartbeatOptions {
  readonly wire: Wire;
  readonly agents: readonly string[];
  /** [s] */
  readonly every: number;
  /** What the endpoint of an agent's model answers. */
  readonly standingOf: (agent: string) => Standing;
  /** Of the hosts that are heard. */
  readonly terms: Pick<Terms, "highest">;
  /** The host has gone, with the reason. */
  readonly onGone: (why: string) => void;
}

const answersOf = ({ answered, refusals, problem = "", fix }: Standing) => ({
  answered,
  ...(refusals === 0 ? {} : { refused: { refusals, problem, ...(fix === undefined ? {} : { fix }) } }),
});

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #life = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  readonly #term: number;
  #missed = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#term = options.terms.highest;
    options.wire.hear(["agent.pulsed"], (pulsed) => this.#heard(pulsed));
  }

  start(): void {
    this.pulse();
    this.#timer = setInterval(() => this.pulse(), this.#options.every * 1000);
  }

  /** Shows a sign of life now. */
  pulse(): void {
    this.#pulse({});
  }

  /** `why`: what the host is told. */
  stop(why?: string): void {
    clearInterval(this.#timer);
    if (why !== undefined) this.#pulse({ leaves: why });
  }

  #pulse(more: { leaves?: string }): void {
    const { wire, agents, every, standingOf } = this.#options;
    for (const agent of agents) {
      const standing = answersOf(standingOf(agent));
      wire.send({ type: "agent.pulsed", agent, life: this.#life, every, ...standing, ...more }, agent);
    }
  }

  #heard({ agent, life, leaves }: MessageOf<"agent.pulsed">): void {
    const { agents, every, terms, onGone } = this.#options;
    if (agent === agents[0] && life === this.#life) this.#missed += 1;
    if (agent === "attendance") this.#missed = 0;
    if (this.#missed > mostMissed) onGone(`the host shows no sign of life for ${mostMissed * every} s`);
    if (agent !== "attendance") return;
    if (leaves !== undefined) onGone(`the host has ended (${leaves})`);
    else if (terms.highest > this.#term) onGone("the host has started again");
  }
}
