/** The run's log (pino): one JSON object per line, in the run's folder. */
import { join } from "node:path";
import { type DestinationStream, destination, type LevelWithSilent, type Logger, pino } from "pino";

export type { Logger } from "pino";

type Environment = Readonly<Record<string, string | undefined>>;

export interface LogOptions {
  /** Default: AGORA_LOG, or else info. */
  readonly level?: string | undefined;
  /** Values that are replaced wherever they occur: the keys of the endpoints. */
  readonly secrets?: readonly string[] | undefined;
  /** Default: `run.log` in the run's folder. */
  readonly stream?: DestinationStream | undefined;
  readonly env?: Environment | undefined;
}

const LEVELS: readonly string[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const SECRET_FIELDS = ["apiKey", "api_key", "authorization", "Authorization", "password", "token", "secret"];
/** A wildcard stands for exactly one level. */
const DEPTHS = ["", "*.", "*.*.", "*.*.*.", "*.*.*.*."];
const CENSOR = "[redacted]";

/** Writes at once: a line is in the file when the call returns. What a full disk refuses is lost, and said once. */
const fileIn = (runFolder: string): DestinationStream => {
  const dest = join(runFolder, "run.log");
  const file = destination({ dest, mkdir: true, sync: true });
  let told = false;
  file.on("error", (cause: Error) => {
    if (!told) process.emitWarning(`${dest} cannot be written: ${cause.message}`, "AgoraWarning");
    told = true;
  });
  return file;
};

export const openLog = (runFolder: string, options: LogOptions = {}): Logger => {
  const { secrets = [], stream = fileIn(runFolder) } = options;
  return pino(
    {
      level: levelOf(options.level ?? (options.env ?? process.env).AGORA_LOG),
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactedPaths(), censor: CENSOR },
      hooks: { streamWrite: (line) => withoutSecrets(line, secrets) },
    },
    stream,
  );
};

/** The keys of the models, from the environment. */
export const secretsOf = (
  models: readonly { readonly apiKeyEnv?: string | undefined }[],
  env: Environment = process.env,
): string[] => {
  return models.flatMap(({ apiKeyEnv }) => (apiKeyEnv === undefined ? [] : (env[apiKeyEnv] ?? [])));
};

/** Token counts such as `promptTokens` are other fields; `token` alone is a credential. */
const redactedPaths = (): string[] => DEPTHS.flatMap((depth) => SECRET_FIELDS.map((field) => depth + field));

const levelOf = (level: string | undefined): LevelWithSilent => {
  return LEVELS.includes(level ?? "") ? (level as LevelWithSilent) : "info";
};

const withoutSecrets = (line: string, secrets: readonly string[]): string =>
  secrets.reduce((text, secret) => (secret === "" ? text : text.replaceAll(secret, CENSOR)), line);
