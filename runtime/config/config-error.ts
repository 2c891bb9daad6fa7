/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** The key at fault, such as `models[1].endpoint`. */
  readonly key: string;
  /** Where it stands, such as `run.yaml:3:5`; undefined where it comes from no file. */
  readonly place?: string;
  readonly problem: string;
  readonly expected: string;
  readonly fix: string;
}

/** A configuration that cannot run. `problems` names every key at fault; the fields are the first one's. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "AGORA_CONFIG";
  readonly problems: readonly ConfigProblem[];
  readonly key: string;
  readonly expected: string;
  readonly fix: string;

  constructor(problems: readonly [ConfigProblem, ...ConfigProblem[]], options?: ErrorOptions) {
    super(problems.map(lineOf).join("\n"), options);
    this.problems = problems;
    this.key = problems[0].key;
    this.expected = problems[0].expected;
    this.fix = problems[0].fix;
  }
}

const lineOf = ({ key, place, problem, expected, fix }: ConfigProblem): string =>
  `${place === undefined ? "" : `${place}: `}${key}: ${problem}; expected ${expected}. Fix: ${fix}${fix.endsWith("?") ? "" : "."}`;
