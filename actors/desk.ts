/**
 * The tasks of one agent: each a short-lived agent of its own.
 *
 * 1. A task that ends tells its owner; one that is stopped says nothing, and its call is aborted.
 * 2. Tasks stop with the desk, and the desk with its owner, however that ends: what was under way then is said
 *    to be, so that nobody waits for it.
 */
import { fromCallback, fromPromise } from "xstate";
import type { DeskOrder } from "../machines/model.ts";
import { type Attempt, type TaskEnded, taskMachine } from "../machines/task.ts";
import { abstention, type Work } from "../machines/work.ts";
import type { Draft } from "../runtime/messages.ts";
import { type Opened, planOf, type Tools } from "./agent.ts";

export type Perform = (tools: Tools, attempt: Attempt, signal: AbortSignal) => Promise<readonly Draft[]>;

export const deskOf = (tools: Tools, perform: Perform) => {
  const machine = taskMachine.provide({
    actors: { perform: fromPromise(({ input, signal }) => perform(tools, input, signal)) },
  });
  return fromCallback<DeskOrder>(({ receive, sendBack }) => {
    const tasks = new Map<string, Opened & { readonly work: Work }>();
    const begin = ({ task }: DeskOrder & { type: "begin" }): void => {
      const { id } = task.work;
      const onDone = (ended: unknown): void => {
        tasks.delete(id);
        sendBack(ended as TaskEnded);
      };
      const options = { name: `${tools.name}/${id}`, topic: id, onDone };
      const opened = tools.open(planOf("task", machine, task, []), options);
      tasks.set(id, { close: opened.close, work: task.work });
    };
    const stop = (id: string): void => {
      tasks.get(id)?.close();
      tasks.delete(id);
    };
    receive((order) => (order.type === "begin" ? begin(order) : stop(order.id)));
    return () => {
      for (const { work } of tasks.values()) {
        stop(work.id);
        tools.send(
          abstention(work, tools.name, tools.models.get(tools.name)?.current ?? 0, "the model left"),
        );
      }
    };
  });
};
