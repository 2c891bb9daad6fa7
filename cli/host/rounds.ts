/** The settings of each round: the configuration, with the components that an operator has switched for it. */
import { settingsIn } from "../../machines/folds/control.ts";
import type { Config } from "../../runtime/config/config.ts";
import type { Components, Message, MessageOf } from "../../runtime/messages.ts";

export class Rounds {
  readonly #config: Config;
  readonly #components = new Map<number, Components>();
  #newest = 0;

  constructor(config: Config, records: readonly Message[]) {
    this.#config = config;
    for (const record of records) {
      if (record.type === "round.opened") this.accept(record);
      if (record.type === "run.forked") this.#components.clear();
    }
  }

  get newest(): number {
    return this.#newest;
  }

  accept({ round, components }: MessageOf<"round.opened">): void {
    this.#newest = Math.max(this.#newest, round);
    if (components === undefined) this.#components.delete(round);
    else this.#components.set(round, components);
  }

  settingsIn(round: number): Config {
    const components = this.#components.get(round);
    return components === undefined ? this.#config : settingsIn(this.#config, components);
  }
}
