/**
 * Loads a run's configuration: caller's overrides over flags over file over preset over the paper's defaults.
 * Whatever is wrong becomes one `ConfigError` that names every key, what was expected and the fix.
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { parse } from "yaml";
import { listCheckpoints } from "./checkpoints.ts";
import { problemsOf, type Surroundings } from "./config-checks.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
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
  /** `key=value` pairs as `--set` gives them; a value is read as YAML, so lists and numbers work. */
  readonly flags?: readonly string[];
  /** Values of a calling program; they go before everything else. */
  readonly overrides?: ConfigInput;
  /** Default: the process's environment. */
  readonly env?: Surroundings["env"];
  /** Default: the committed pocket checkpoints. */
  readonly checkpoints?: readonly string[];
  /** Default: the time; it names a run that has no name. */
  readonly now?: Date;
}

type Values = Record<string, unknown>;

/** @throws ConfigError */
export function loadConfig(sources: ConfigSources = {}): Config {
  const env = sources.env ?? process.env;
  const said = { ...readFlags(sources.flags ?? []), ...sources.overrides };
  const given = { ...readFile(sources.file), ...withPaths(said, ".") };
  const layers = { ...surroundingValues(env, sources.now ?? new Date()), ...presetOf(given), ...given };
  const result = configSchema.safeParse(layers);
  if (!result.success) throw errorOf(result.error.issues.flatMap((issue) => problemsOfIssue(issue, layers)));
  const checkpoints = sources.checkpoints ?? listCheckpoints();
  const problems = problemsOf(result.data, { env, checkpoints });
  if (problems.length > 0) throw errorOf(problems);
  return Object.freeze(result.data);
}

/** `2026-03-01_142007`, in local time. */
export function runNameOf(now: Date): string {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  return `${local.slice(0, 10)}_${local.slice(11, 19).replaceAll(":", "")}`;
}

function surroundingValues(env: Surroundings["env"], now: Date): Values {
  return { run: runNameOf(now), ...(env.NATS_URL ? { nats: env.NATS_URL } : {}) };
}

/** An unknown preset is left to the schema, which names the known ones. */
function presetOf(given: Values): ConfigInput {
  const name = given.preset ?? "pocket";
  return typeof name === "string" && Object.hasOwn(presets, name)
    ? presets[name as keyof typeof presets]
    : presets.pocket;
}

function readFile(file: string | undefined): Values {
  if (file === undefined) return {};
  const values = parseYaml(file, readText(file));
  if (values === null || values === undefined) return {};
  if (typeof values === "object" && !Array.isArray(values)) return withPaths(values as Values, dirname(file));
  throw fileError(
    file,
    "holds no keys",
    "a YAML mapping of keys to values",
    "write lines such as rounds: 20",
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw fileError(file, "cannot be read", "a YAML file", "check the path given to --config", cause);
  }
}

function parseYaml(source: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw fileError(source, `is not YAML (${reason})`, "YAML", "correct its syntax", cause);
  }
}

function fileError(
  key: string,
  problem: string,
  expected: string,
  fix: string,
  cause?: unknown,
): ConfigError {
  return new ConfigError([{ key, problem, expected, fix }], { cause });
}

function readFlags(flags: readonly string[]): Values {
  return Object.fromEntries(flags.map(readFlag));
}

function readFlag(flag: string): [string, unknown] {
  const at = flag.indexOf("=");
  if (at > 0) return [flag.slice(0, at).trim(), parseYaml(`--set ${flag}`, flag.slice(at + 1))];
  const problem = `"${flag}" has no value`;
  throw fileError("--set", problem, "key=value", "write it as in --set rounds=20");
}

function errorOf(problems: readonly ConfigProblem[]): ConfigError {
  const [first, ...rest] = problems;
  if (!first) throw new TypeError("a ConfigError needs a problem");
  return new ConfigError([first, ...rest]);
}
