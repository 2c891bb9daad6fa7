/** Lays out definitions with ELK. ELK is large and slow, so layout-worker.ts runs this in a worker thread. */

import ElkConstructor from "elkjs/lib/elk.bundled.js";
import type { ELK } from "elkjs/lib/elk-api.js";
import type { Chart } from "../view.ts";
import { chartOf, elkGraph } from "./elk-graph.ts";
import { graphOf, type MachineGraph } from "./machine-graph.ts";
import { chartOfRegions, fitOf, regionsOf } from "./regions.ts";

const elkChart = async (
  elk: ELK,
  id: string,
  graph: MachineGraph,
  direction: "DOWN" | "RIGHT",
): Promise<Chart> => chartOf(id, graph, await elk.layout(elkGraph(graph, direction)));

/** The direction in which the chart is larger on the page; the states without arrows if ELK fails on the graph. */
const elkChartWithFallback = async (elk: ELK, id: string, graph: MachineGraph): Promise<Chart> => {
  try {
    const down = await elkChart(elk, id, graph, "DOWN");
    const right = await elkChart(elk, id, graph, "RIGHT");
    return fitOf(right) > fitOf(down) ? right : down;
  } catch {
    return elkChart(elk, id, { ...graph, edges: [] }, "DOWN");
  }
};

const chartByRegions = async (elk: ELK, id: string, graph: MachineGraph): Promise<Chart | undefined> => {
  const [[root], regions] = [graph.nodes, regionsOf(graph)];
  if (root === undefined || regions === undefined) return undefined;
  const charts: Chart[] = [];
  for (const region of regions) charts.push(await elkChart(elk, id, region, "RIGHT"));
  return chartOfRegions(id, root, charts);
};

/** Never rejects because of an invalid definition; see `graphOf`. */
export const layOut = async (id: string, definition: unknown): Promise<Chart> => {
  // The package's types hide that its default export is the class.
  const elk = new (ElkConstructor as unknown as new () => ELK)();
  const graph = graphOf(definition);
  const inRegions = await chartByRegions(elk, id, graph).catch(() => undefined);
  return inRegions ?? elkChartWithFallback(elk, id, graph);
};
