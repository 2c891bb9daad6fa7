/**
 * The charts of every machine that has been seen, laid out once per definition.
 *
 * 1. A chart's id is the hash of its definition: agents of one kind share a chart, and a new definition is a new one.
 * 2. ELK runs in a thread of its own, started when a chart is asked for: without a viewer nothing is laid out.
 * 3. There is a chart for every definition: one that takes too long is drawn as its outermost state.
 */
import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Chart } from "../view.ts";
import { graphOf } from "./machine-graph.ts";

/** For all new definitions together [ms]. */
const patience = 30_000;

const worker = new URL("./layout-worker.ts", import.meta.url);

export const chartIdOf = (definition: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(definition) ?? "")
    .digest("hex")
    .slice(0, 12);

const onlyRoot = (id: string, definition: unknown): Chart => {
  const [width, height] = [160, 60];
  const [root] = graphOf(definition).nodes;
  const nodes = root === undefined ? [] : [{ ...root, x: 0, y: 0, width, height }];
  return { id, width, height, nodes, edges: [] };
};

/** Laid out by the worker; whatever it has not drawn when it ends, in whatever way, is missing. */
const drawnBy = (thread: Worker): Promise<Map<string, Chart>> => {
  const { promise, resolve } = Promise.withResolvers<Map<string, Chart>>();
  const charts = new Map<string, Chart>();
  const timer = setTimeout(() => void thread.terminate(), patience);
  thread.on("message", (chart: Chart) => charts.set(chart.id, chart));
  thread.on("error", () => void thread.terminate());
  thread.on("exit", () => {
    clearTimeout(timer);
    resolve(charts);
  });
  return promise;
};

const drawAll = async (definitions: readonly (readonly [string, unknown])[]): Promise<Chart[]> => {
  const thread = new Worker(worker, { workerData: definitions });
  thread.unref();
  const charts = await drawnBy(thread);
  return definitions.map(([id, definition]) => charts.get(id) ?? onlyRoot(id, definition));
};

export class Charts {
  /** By id, until they are drawn. */
  readonly #waiting = new Map<string, unknown>();
  readonly #drawn = new Map<string, Chart>();
  #drawing: Promise<void> = Promise.resolve();

  /** Keeps the definition to be drawn when charts are asked for. */
  learn(definition: unknown): string {
    const id = chartIdOf(definition);
    if (!this.#drawn.has(id)) this.#waiting.set(id, definition);
    return id;
  }

  async all(): Promise<Readonly<Record<string, Chart>>> {
    this.#drawing = this.#drawing.then(() => this.#draw());
    await this.#drawing;
    return Object.fromEntries(this.#drawn);
  }

  async #draw(): Promise<void> {
    const definitions = [...this.#waiting];
    if (definitions.length === 0) return;
    for (const chart of await drawAll(definitions)) {
      this.#drawn.set(chart.id, chart);
      this.#waiting.delete(chart.id);
    }
  }
}
