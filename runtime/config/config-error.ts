import { AgoraError, messageOf } from "../agora-error.ts";

/** One problem of a configuration. */
export interface ConfigProblem {
  /** Such as `models[1].endpoint`. */
  readonly key: string;
  readonly problem: string;
  readonly expected: string;
  readonly fix: string;
}

/** A configuration that cannot run. `problems` names every key at fault; the other fields describe the first. */
export class ConfigError extends AgoraError<"AGORA_CONFIG"> {
  readonly problems: readonly ConfigProblem[];
  readonly key: string;

  constructor(problems: readonly [ConfigProblem, ...ConfigProblem[]], options?: ErrorOptions) {
    const [{ key, problem, expected, fix }] = problems;
    super("AGORA_CONFIG", `${key}: ${problem}`, { ...options, expected, fix });
    this.message = problems.map(lineOf).join("\n");
    this.problems = problems;
    this.key = key;
  }
}

const lineOf = ({ key, problem, expected, fix }: ConfigProblem): string =>
  messageOf(`${key}: ${problem}`, expected, fix);
