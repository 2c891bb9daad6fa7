/** Worker thread that lays out each definition in turn and then exits; see charts.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { layOut } from "./layout.ts";

for (const [id, definition] of workerData as readonly (readonly [string, unknown])[]) {
  parentPort?.postMessage(await layOut(id, definition));
}
