/** The folder of a run. */
import { join, resolve } from "node:path";
import type { Config } from "../../runtime/config/config.ts";

export const runFolder = ({ runsFolder, run }: Pick<Config, "runsFolder" | "run">): string =>
  resolve(join(runsFolder, run));
