import { AgoraError, type AgoraErrorOptions } from "../../runtime/agora-error.ts";

/** A task that cannot be loaded: the message names the key, the problem and the fix. */
export class TaskError extends AgoraError<"AGORA_TASK"> {
  constructor(problem: string, options?: AgoraErrorOptions) {
    super("AGORA_TASK", problem, options);
  }
}
