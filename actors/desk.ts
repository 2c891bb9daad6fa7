/**
 * The work of one agent: what it has begun, and what stops with it.
 *
 * 1. Work that ends is reported to its owner; work that is stopped reports nothing, and its call is aborted.
 * 2. Work stops with the desk, and the desk with its owner, however that ends: what was under way then is said
 *    to be, so that nobody waits for it.
 */
import { fromCallback } from "xstate";
import type { DeskOrder } from "../machines/model.ts";
import { abstention, type Work } from "../machines/work.ts";
import type { WorkOrder } from "../machines/work-order.ts";
import type { Tools } from "./agent.ts";
import { doWork, type Perform } from "./attempts.ts";

interface Underway {
  readonly work: Work;
  readonly stopping: AbortController;
}

export const deskOf = (tools: Tools, perform: Perform) =>
  fromCallback<DeskOrder>(({ receive, sendBack }) => {
    const active = new Map<string, Underway>();
    const begin = async (order: WorkOrder): Promise<void> => {
      const { work } = order;
      const underway = { work, stopping: new AbortController() };
      active.set(work.id, underway);
      const ended = await doWork(order, perform, underway.stopping.signal);
      if (underway.stopping.signal.aborted) return;
      active.delete(work.id);
      sendBack(ended);
    };
    const stop = (id: string): void => {
      active.get(id)?.stopping.abort();
      active.delete(id);
    };
    receive((asked) => (asked.type === "begin" ? void begin(asked.order) : stop(asked.id)));
    return () => {
      const adapter = tools.models.get(tools.name)?.current ?? 0;
      for (const { work } of active.values()) {
        stop(work.id);
        tools.send(abstention(work, tools.name, adapter, "the model left"));
      }
    };
  });
