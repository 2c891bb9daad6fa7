/** The run's overall data. */
import type { Config } from "../../runtime/config/config.ts";
import { shownConfig } from "../record/stored-config.ts";
import type { Break, RunView } from "../view.ts";

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
  aboutBenchmarks,
});
