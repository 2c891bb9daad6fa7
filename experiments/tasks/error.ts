import { AgoraError, type AgoraErrorOptions } from "../../runtime/agora-error.ts";

/** A task that cannot be loaded or used. */
export class TaskError extends AgoraError<"AGORA_TASK"> {
  constructor(problem: string, options?: AgoraErrorOptions) {
    super("AGORA_TASK", problem, options);
  }
}

export const unknownBenchmark = (name: string, known: readonly string[]): TaskError =>
  new TaskError(`no benchmark is called ${name}`, { expected: `one of ${known.join(", ")}` });
