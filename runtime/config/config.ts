/**
 * Loads a run's configuration from, in order of precedence: the caller's overrides, flags, the file, the preset and
 * the paper's defaults. All problems are reported in one `ConfigError` with the key, the expectation and the fix.
 */
import { dirname, resolve } from "node:path";
import { listCheckpoints } from "./checkpoints.ts";
import { problemsOf, type Surroundings } from "./config-checks.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { type ConfigFile, fileError, noFile, readConfigFile, type Values, valueIn } from "./config-file.ts";
import { problemsOfIssue } from "./config-issues.ts";
import { type Config, type ConfigInput, configSchema } from "./config-keys.ts";
import { withPaths } from "./config-paths.ts";
import { presets } from "./presets.ts";

export { ConfigError, type ConfigProblem } from "./config-error.ts";
export { type Config, type ConfigInput, configSchema } from "./config-keys.ts";
export type { ModelConfig, ModelRole } from "./model-keys.ts";

export interface ConfigSources {
  /** Path of a YAML file. */
  readonly file?: string | undefined;
  /** What names that file, for errors. Default: `--config`. */
  readonly fileFrom?: string;
  /** `key=value` pairs of `--set`; each value is parsed as YAML. */
  readonly flags?: readonly string[];
  /** Values from the calling program, with the highest precedence. */
  readonly overrides?: ConfigInput;
  /** Default: the process's environment. */
  readonly env?: Surroundings["env"];
  /** Default: the committed pocket checkpoints. */
  readonly checkpoints?: readonly string[];
  /** Names a run without a name. Default: now. */
  readonly now?: Date;
}

/** @throws ConfigError */
export const loadConfig = (sources: ConfigSources = {}): Config => {
  const env = sources.env ?? process.env;
  const { fileFrom = "--config" } = sources;
  const file = sources.file === undefined ? noFile : readConfigFile(sources.file, fileFrom);
  const over = withPaths({ ...readFlags(sources.flags ?? []), ...sources.overrides }, ".");
  const given = { ...withPaths(file.values, dirname(sources.file ?? ".")), ...over };
  const layers = { ...surroundingValues(env, sources.now ?? new Date()), ...presetOf(given), ...given };
  const result = configSchema.safeParse(layers);
  const placed = (problems: readonly ConfigProblem[]) =>
    errorOf(problems.map((one) => withPlace(one, file, over)));
  if (!result.success) throw placed(result.error.issues.flatMap((issue) => problemsOfIssue(issue, layers)));
  const checkpoints = sources.checkpoints ?? listCheckpoints();
  const problems = problemsOf(result.data, { env, checkpoints });
  if (problems.length > 0) throw placed(problems);
  return Object.freeze(result.data);
};

/** `2026-03-01_142007`, in local time. */
export const runNameOf = (now: Date): string => {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  return `${local.slice(0, 10)}_${local.slice(11, 19).replaceAll(":", "")}`;
};

/** A key of the file, unless a flag or a caller has overridden it. */
const withPlace = (problem: ConfigProblem, file: ConfigFile, over: Values): ConfigProblem => {
  const [head = ""] = problem.key.split(/[.[]/, 1);
  const place = Object.hasOwn(over, head) ? undefined : file.placeOf(problem.key);
  return place === undefined ? problem : { ...problem, place };
};

const surroundingValues = (env: Surroundings["env"], now: Date): Values => {
  return {
    run: runNameOf(now),
    ...(env.NATS_URL ? { nats: env.NATS_URL } : {}),
    ...(env.NATS_KEY ? { natsKey: resolve(env.NATS_KEY) } : {}),
  };
};

/** The schema reports an unknown preset, with the known ones. */
const presetOf = (given: Values): ConfigInput => {
  const name = given.preset ?? "pocket";
  return typeof name === "string" && Object.hasOwn(presets, name)
    ? presets[name as keyof typeof presets]
    : presets.pocket;
};

const readFlags = (flags: readonly string[]): Values => {
  return Object.fromEntries(flags.map(readFlag));
};

const readFlag = (flag: string): [string, unknown] => {
  const at = flag.indexOf("=");
  if (at > 0) return [flag.slice(0, at).trim(), valueIn(`--set ${flag}`, flag.slice(at + 1))];
  const problem = `"${flag}" has no value`;
  throw fileError("--set", problem, "key=value", "write it as in --set rounds=20");
};

const errorOf = (problems: readonly ConfigProblem[]): ConfigError => {
  const [first, ...rest] = problems;
  if (!first) throw new TypeError("a ConfigError needs a problem");
  return new ConfigError([first, ...rest]);
};
