/** The tasks a configuration can name. */
import type { Config } from "../../runtime/config/config.ts";
import type { Task } from "../../runtime/task.ts";
import { TaskError } from "./error.ts";
import { mathTask } from "./math.ts";
import { pocketTask } from "./pocket.ts";

export { TaskError } from "./error.ts";

const tasks: Readonly<Record<string, (config: Config) => Task>> = {
  math: mathTask,
  pocket: () => pocketTask,
};

/** @throws TaskError naming the known tasks, or what a task lacks. */
export const taskOf = (config: Config): Task => {
  const { task } = config;
  if (Object.hasOwn(tasks, task) && tasks[task]) return tasks[task](config);
  throw new TaskError(`no task is called ${task}; expected one of ${Object.keys(tasks).join(", ")}`);
};
