/**
 * The charts of Agora's own machines, laid out before a run needs them: ELK takes a second of a processor's time.
 * `npm run reference` writes them to `shipped.json`.
 */
import { readFileSync } from "node:fs";
import type { Chart } from "../view.ts";

export const shippedFile = new URL("./shipped.json", import.meta.url);

let read: ReadonlyMap<string, Chart> | undefined;

/** By chart id, which is the hash of the definition: a machine that has changed is not among them. */
export const shippedCharts = (): ReadonlyMap<string, Chart> => {
  read ??= new Map(
    (JSON.parse(readFileSync(shippedFile, "utf8")) as readonly Chart[]).map((chart) => [chart.id, chart]),
  );
  return read;
};
