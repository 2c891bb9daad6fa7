/** Lays out one definition after another in a thread of its own, and ends: see charts.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { layOut } from "./layout.ts";

for (const [id, definition] of workerData as readonly (readonly [string, unknown])[]) {
  parentPort?.postMessage(await layOut(id, definition));
}
