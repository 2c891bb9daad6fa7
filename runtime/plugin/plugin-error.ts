export interface PluginProblem {
  /** The configuration's key, such as `models[1].kind`. */
  readonly key: string;
  /** The module's file, or the word that was to name something built in. */
  readonly named: string;
  readonly problem: string;
  readonly expected: string;
  readonly fix: string;
}

/** Something that a configuration plugs in and that cannot be had; `cause` is what went wrong inside it. */
export class PluginError extends Error {
  override readonly name = "PluginError";
  readonly code = "AGORA_PLUGIN";
  readonly key: string;
  /** What is wrong with it and what was expected, without its name and the fix. */
  readonly problem: string;
  readonly fix: string;

  constructor({ key, named, problem, expected, fix }: PluginProblem, options?: ErrorOptions) {
    super(`${key}: ${named} ${problem}; expected ${expected}. Fix: ${fix}.`, options);
    this.key = key;
    this.problem = `${problem}; expected ${expected}`;
    this.fix = fix;
  }
}
