/** The tasks that a configuration can name: built-in ones by name, others by the path of their module. */
import type { Config } from "../../runtime/config/config.ts";
import { plugIn, type Socket } from "../../runtime/plugin/socket.ts";
import type { Task } from "../../runtime/task.ts";
import { mathTask } from "./math.ts";

export { TaskError } from "./error.ts";

const socket: Socket<Task> = {
  name: "task",
  type: "Task",
  members: {
    ...{ name: "string", anchor: "function", benchmarks: "object", benchmark: "function" },
    ...{ grade: "function", contamination: "function", truth: "function" },
  },
  known: { math: mathTask, pocket: async () => (await import("./pocket.ts")).pocketTask },
};

/** @throws PluginError if there is no such task; TaskError if something it needs is missing */
export const taskOf = (config: Config): Promise<Task> => plugIn(socket, config.task, { key: "task", config });
