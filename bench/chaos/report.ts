/** What the run says of its end and its cost, in `result.json`. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../runtime/config/config.ts";
import type { Cost } from "../../runtime/model/ledger.ts";

interface Report {
  readonly outcome: string;
  readonly usage: { readonly total: Cost };
}

/** Undefined until a host has written it. @throws SyntaxError if it is not whole */
export const reportOf = ({ runsFolder, run }: Config): Report | undefined => {
  const file = join(runsFolder, run, "result.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Report) : undefined;
};
