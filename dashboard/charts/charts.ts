/**
 * Lays out the chart of each machine that has been seen, once per definition.
 *
 * 1. A chart's id is the hash of its definition: agents of one kind share a chart, a new definition gets a new chart.
 * 2. Charts of Agora's own machines are laid out already. For others ELK runs in a worker thread that starts when a
 *    viewer requests charts. Without a viewer nothing is laid out.
 * 3. Every definition gets a chart. If the layout takes too long, the chart shows only the outermost state.
 */
import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Chart } from "../view.ts";
import { graphOf } from "./machine-graph.ts";
import { shippedCharts } from "./shipped.ts";

/** Time limit for laying out all new definitions together [ms]. */
const layoutTimeLimit = 30_000;

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

/** The charts that the worker lays out before it exits, fails or runs out of time; the others are missing. */
const drawnBy = (thread: Worker): Promise<Map<string, Chart>> => {
  const { promise, resolve } = Promise.withResolvers<Map<string, Chart>>();
  const charts = new Map<string, Chart>();
  const timer = setTimeout(() => void thread.terminate(), layoutTimeLimit);
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
  /** Definitions that are not laid out yet, by chart id. */
  readonly #waiting = new Map<string, unknown>();
  readonly #drawn = new Map<string, Chart>();
  readonly #definitions = new Map<string, { readonly definition: unknown }>();
  #drawing: Promise<void> = Promise.resolve();

  /** Keeps the definition until charts are requested and returns its chart id. */
  learn(definition: unknown): string {
    const id = chartIdOf(definition);
    this.#definitions.set(id, { definition });
    const shipped = shippedCharts().get(id);
    if (shipped) this.#drawn.set(id, shipped);
    else if (!this.#drawn.has(id)) this.#waiting.set(id, definition);
    return id;
  }

  /** The definition that a chart draws; undefined for an unknown chart. */
  definitionOf(id: string): { readonly definition: unknown } | undefined {
    return this.#definitions.get(id);
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
