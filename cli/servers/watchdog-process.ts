/**
 * The watchdog: ends the registered process groups once its standard input closes, that is, when its parent ends.
 * The input line `+<group>` registers a group and `-<group>` removes it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { signalGroup } from "./process-group.ts";

/** Time between SIGTERM and SIGKILL [ms]. */
const GRACE = 3_000;

const groups = new Set<number>();

const handle = (line: string): void => {
  const group = Number(line.slice(1));
  if (!Number.isInteger(group) || group <= 1) return;
  if (line.startsWith("+")) groups.add(group);
  if (line.startsWith("-")) groups.delete(group);
};

const anyAlive = (): boolean => [...groups].some((group) => signalGroup(group, 0));

const endAll = async (): Promise<void> => {
  for (const group of groups) signalGroup(group, "SIGTERM");
  const deadline = Date.now() + GRACE;
  while (anyAlive() && Date.now() < deadline) await sleep(50);
  for (const group of groups) signalGroup(group, "SIGKILL");
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk: string) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) handle(line);
});
process.stdin.on("close", () => void endAll());
