import { AgoraError, messageOf } from "../agora-error.ts";

/** One problem of a configuration. */
export interface ConfigProblem {
  /** Such as `models[1].endpoint`. */
  readonly key: string;
  /** Where it stands, such as `run.yaml:3:5`; undefined where it comes from no file. */
  readonly place?: string;
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

const lineOf = ({ key, place, problem, expected, fix }: ConfigProblem): string =>
  messageOf(`${place === undefined ? "" : `${place}: `}${key}: ${problem}`, expected, fix);
