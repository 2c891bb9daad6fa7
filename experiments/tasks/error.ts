/** A task that cannot be had: the message names what is missing, the key and the fix. */
export class TaskError extends Error {
  override readonly name = "TaskError";
  readonly code = "AGORA_TASK";
}
