/** The tasks a configuration can name. */
import type { Task } from "../../runtime/task.ts";
import { pocketTask } from "./pocket.ts";

const tasks: Readonly<Record<string, Task>> = { pocket: pocketTask };

export class TaskError extends Error {
  readonly code = "AGORA_TASK";
}

/** @throws TaskError naming the known tasks. */
export const taskOf = (name: string): Task => {
  const task = tasks[name];
  if (task !== undefined) return task;
  throw new TaskError(`no task is called ${name}; expected one of ${Object.keys(tasks).join(", ")}`);
};
