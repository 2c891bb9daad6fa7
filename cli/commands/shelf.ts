/** `agora page`: serves one page of all runs in a folder. */
import { once } from "node:events";
import { resolve } from "node:path";
import type { ComparisonView } from "../../dashboard/shelf/shelf-view.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { addressOf, announcePage, type PageFlags } from "./page.ts";

/** The figures of `agora compare`. */
export const compareFolders = async (folders: readonly string[]): Promise<ComparisonView> => {
  const { comparedFacts } = await import("../../experiments/compare/compared-runs.ts");
  const { readRecorded } = await import("./recorded.ts");
  const runs = [];
  for (const folder of folders) runs.push(await readRecorded(folder, "."));
  const [first, ...others] = runs;
  if (first === undefined) throw new RangeError("nothing to compare");
  return comparedFacts([first, ...others]);
};

export const shelf = async (given: string, flags: PageFlags & OutputFlags): Promise<void> => {
  const folder = resolve(given);
  const output = new Output(flags);
  const { serveShelf } = await import("../../dashboard/shelf/shelf-server.ts");
  const { knowledgeOfRun } = await import("./run-knowledge.ts");
  const page = await serveShelf({
    ...{ folder, compare: compareFolders, knowledgeOf: knowledgeOfRun },
    onTrouble: (cause) => output.warn(`agora: ${String(cause)}`),
    ...addressOf(flags),
  });
  // Listens before the address is shown: its reader may interrupt immediately.
  const interrupted = once(onInterrupt().signal, "abort");
  output.say(`All runs in ${folder} (Ctrl-C to end)`);
  if (flags.json) output.show({ folder, url: page.url }, () => page.url);
  announcePage(page, flags, flags.quiet ? output.warn : output.say);
  await interrupted;
  await page.close();
};
