/**
 * Which members of other processes still have something to say at the end of a run: those that have shown a sign of life
 * and have neither said that they leave nor been missed. A guest says so after its last costs are recorded.
 */
import type { Wire } from "../../runtime/wire/wire.ts";

export class Farewells {
  readonly #present = new Set<string>();
  readonly #nobodyLeft: (() => void)[] = [];

  constructor(wire: Pick<Wire, "hear">, remote: readonly string[]) {
    wire.hear(["agent.pulsed"], ({ agent, leaves }) => {
      if (leaves !== undefined) this.#gone(agent);
      else if (remote.includes(agent)) this.#present.add(agent);
    });
    wire.hear(["agent.lapsed"], ({ agent }) => this.#gone(agent));
  }

  /** Resolves once all have left; never, if one was killed and is not missed any more. */
  async all(): Promise<void> {
    if (this.#present.size > 0) await new Promise<void>((resolve) => this.#nobodyLeft.push(resolve));
  }

  #gone(agent: string): void {
    this.#present.delete(agent);
    if (this.#present.size === 0) for (const tell of this.#nobodyLeft.splice(0)) tell();
  }
}
