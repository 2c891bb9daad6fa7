/** The layouts of the agents' charts, read again while one is missing. */
import { useEffect } from "preact/hooks";
import type { Chart } from "../../view.ts";
import { agentOf, roster } from "../state/agents.ts";
import { useResource } from "../state/resource.ts";

export type Charts = Readonly<Record<string, Chart>>;

/** Time between two requests for missing charts; the server may still be drawing them [ms]. */
const chartPause = 2000;

export const useCharts = (): Charts | undefined => {
  const resource = useResource<Charts>("api/charts", "agents");
  const charts = resource.data.value;
  const missing = roster.value.some((name) => charts?.[agentOf(name)?.peek().chart ?? ""] === undefined);
  useEffect(() => {
    if (!missing || charts === undefined) return;
    const timer = setInterval(() => resource.refresh(), chartPause);
    return () => clearInterval(timer);
  }, [missing, charts === undefined]);
  return charts;
};
