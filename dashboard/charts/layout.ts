/** Lays definitions out with ELK, which is large and slow: layout-worker.ts does it beside the run. */

import ElkConstructor from "elkjs/lib/elk.bundled.js";
import type { ELK } from "elkjs/lib/elk-api.js";
import type { Chart } from "../view.ts";
import { chartOf, elkGraph } from "./elk-graph.ts";
import { graphOf, type MachineGraph } from "./machine-graph.ts";
import { chartOfRegions, regionsOf } from "./regions.ts";

const drawn = async (
  elk: ELK,
  id: string,
  graph: MachineGraph,
  direction: "DOWN" | "RIGHT",
): Promise<Chart> => chartOf(id, graph, await elk.layout(elkGraph(graph, direction)));

/** Without arrows there is always a layout: a chart that ELK cannot draw shows its states alone. */
const drawnSomehow = async (elk: ELK, id: string, graph: MachineGraph): Promise<Chart> => {
  try {
    return await drawn(elk, id, graph, "DOWN");
  } catch {
    return drawn(elk, id, { ...graph, edges: [] }, "DOWN");
  }
};

const drawnByRegions = async (elk: ELK, id: string, graph: MachineGraph): Promise<Chart | undefined> => {
  const [[root], regions] = [graph.nodes, regionsOf(graph)];
  if (root === undefined || regions === undefined) return undefined;
  const charts: Chart[] = [];
  for (const region of regions) charts.push(await drawn(elk, id, region, "RIGHT"));
  return chartOfRegions(id, root, charts);
};

/** Never rejects for a strange definition; see `graphOf`. */
export const layOut = async (id: string, definition: unknown): Promise<Chart> => {
  // The package's types hide that its default export is the class.
  const elk = new (ElkConstructor as unknown as new () => ELK)();
  const graph = graphOf(definition);
  const inRegions = await drawnByRegions(elk, id, graph).catch(() => undefined);
  return inRegions ?? drawnSomehow(elk, id, graph);
};
