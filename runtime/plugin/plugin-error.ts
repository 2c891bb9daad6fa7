import { AgoraError } from "../agora-error.ts";

export interface PluginProblem {
  /** The configuration's key, such as `models[1].kind`. */
  readonly key: string;
  /** The module's file, or the word that was to name something built in. */
  readonly named: string;
  readonly problem: string;
  readonly expected: string;
  readonly fix: string;
}

/** A part that a configuration plugs in and that cannot be loaded or used; `cause` is the error inside it. */
export class PluginError extends AgoraError<"AGORA_PLUGIN"> {
  readonly key: string;
  /** The problem without the name of the part. */
  readonly detail: string;

  constructor({ key, named, problem, expected, fix }: PluginProblem, options?: ErrorOptions) {
    super("AGORA_PLUGIN", `${key}: ${named} ${problem}`, { ...options, expected, fix });
    this.key = key;
    this.detail = `${problem}; expected ${expected}`;
  }
}
