/**
 * The work of one agent: what it has begun, and what stops with it.
 *
 * 1. Work that ends is reported to its owner; work that is stopped reports nothing, and its call is aborted.
 * 2. Work stops with the desk, and the desk with its owner, however that ends: what was under way then is said
 *    to be, so that nobody waits for it.
 * 3. Work of one kind that ends within one turn of the event loop is reported together.
 */
import { fromCallback } from "xstate";
import type { Desk, DeskOrder } from "../machines/model.ts";
import { abstention, type Work } from "../machines/work.ts";
import type { Ended, WorkEnded, WorkOrder } from "../machines/work-order.ts";
import type { Tools } from "./agent.ts";
import { type Abstain, doWork, type Perform, type Stopped } from "./attempts.ts";

interface Underway {
  readonly work: Work;
  readonly stopping: Stopping;
}

/** Stops one piece of work. A piece has one listener at a time: an `AbortController` for each would cost as much as it. */
class Stopping implements Stopped {
  aborted = false;
  #listener: (() => void) | undefined;

  get reason(): unknown {
    return new DOMException("the work was stopped", "AbortError");
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listener = listener;
  }

  removeEventListener(): void {
    this.#listener = undefined;
  }

  abort(): void {
    this.aborted = true;
    this.#listener?.();
  }
}

/** Hands on together what is added within one turn. */
class Reports {
  readonly #report: (event: WorkEnded) => void;
  #waiting: Ended[] = [];

  constructor(report: (event: WorkEnded) => void) {
    this.#report = report;
  }

  add(ended: Ended): void {
    if (this.#waiting.push(ended) === 1) setImmediate(() => this.#flush());
  }

  drop(id: string): void {
    this.#waiting = this.#waiting.filter(({ work }) => work.id !== id);
  }

  #flush(): void {
    const byKind = Map.groupBy(this.#waiting, ({ work }) => work.kind);
    this.#waiting = [];
    for (const [kind, ended] of byKind) this.#report({ type: "work.ended", kind, ended });
  }
}

/** `performAs` does the work of the agent with these tools. */
export const deskOf = (toolsOf: (name: string) => Tools, performAs: (tools: Tools) => Perform) =>
  fromCallback<DeskOrder, Desk>(({ receive, sendBack, input }) => {
    const tools = toolsOf(input.owner);
    const perform = performAs(tools);
    const active = new Map<string, Underway>();
    const reports = new Reports((event) => {
      for (const { work } of event.ended) active.delete(work.id);
      sendBack(event);
    });
    const abstain: Abstain = (work, cause) => {
      const adapter = tools.models.get(tools.name)?.current ?? 0;
      return abstention(work, tools.name, adapter, cause);
    };
    const begin = async (order: WorkOrder): Promise<void> => {
      const { work } = order;
      const underway = { work, stopping: new Stopping() };
      active.set(work.id, underway);
      const ended = await doWork(order, { perform, abstain }, underway.stopping);
      if (!underway.stopping.aborted) reports.add(ended);
    };
    const stop = (id: string): void => {
      active.get(id)?.stopping.abort();
      active.delete(id);
      reports.drop(id);
    };
    receive((asked) => {
      if (asked.type === "begin") for (const order of asked.orders) void begin(order);
      else asked.ids.forEach(stop);
    });
    return () => {
      for (const { work } of active.values()) {
        stop(work.id);
        tools.send(abstain(work, "the model left"));
      }
    };
  });
