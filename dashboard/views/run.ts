/** The run's overall data. */
import type { Config } from "../../runtime/config/config.ts";
import { componentNames } from "../../runtime/message-parts.ts";
import { shownConfig } from "../record/stored-config.ts";
import type { Break, RunView } from "../view.ts";

const isOn = (config: Config, component: string): boolean =>
  (config as Readonly<Record<string, unknown>>)[component] === true;

export interface RunSources {
  readonly config: Config;
  readonly startedAt: number;
  readonly newestAt: number;
  readonly breaks: readonly Break[];
  readonly live: boolean;
  readonly outcome: string | undefined;
  readonly aboutBenchmarks: Readonly<Record<string, string>>;
}

export const runView = ({
  config,
  startedAt,
  newestAt,
  breaks,
  live,
  outcome,
  aboutBenchmarks,
}: RunSources): RunView => ({
  run: config.run,
  ...{ live, startedAt, newestAt, breaks },
  ...(outcome === undefined ? {} : { outcome }),
  config: shownConfig(config),
  components: Object.fromEntries(componentNames.map((name) => [name, isOn(config, name)])),
  aboutBenchmarks,
});
