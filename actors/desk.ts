/**
 * The tasks of one agent: who has begun what, and what stops with it.
 *
 * 1. A task that ends tells its owner; one that is stopped says nothing, and its call is aborted.
 * 2. Tasks stop with the desk, and the desk with its owner, however that ends: what was under way then is said
 *    to be, so that nobody waits for it.
 */
import { fromCallback } from "xstate";
import type { DeskOrder } from "../machines/model.ts";
import type { TaskInput } from "../machines/task.ts";
import { abstention, type Work } from "../machines/work.ts";
import type { Tools } from "./agent.ts";
import { type Perform, runTask } from "./task.ts";

interface Underway {
  readonly work: Work;
  readonly stopping: AbortController;
}

export const deskOf = (tools: Tools, perform: Perform) =>
  fromCallback<DeskOrder>(({ receive, sendBack }) => {
    const tasks = new Map<string, Underway>();
    const begin = async (task: TaskInput): Promise<void> => {
      const { work } = task;
      const underway = { work, stopping: new AbortController() };
      tasks.set(work.id, underway);
      const ended = await runTask(task, perform, underway.stopping.signal);
      if (underway.stopping.signal.aborted) return;
      tasks.delete(work.id);
      sendBack(ended);
    };
    const stop = (id: string): void => {
      tasks.get(id)?.stopping.abort();
      tasks.delete(id);
    };
    receive((order) => (order.type === "begin" ? void begin(order.task) : stop(order.id)));
    return () => {
      const adapter = tools.models.get(tools.name)?.current ?? 0;
      for (const { work } of tasks.values()) {
        stop(work.id);
        tools.send(abstention(work, tools.name, adapter, "the model left"));
      }
    };
  });
