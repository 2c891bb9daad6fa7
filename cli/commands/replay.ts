/** `agora replay`: serves the page of a run that has ended, was interrupted or runs in another process. */
import { once } from "node:events";
import { onInterrupt } from "../terminal/interrupt.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { knownRunFolder } from "./known-run.ts";
import { addressOf, announcePage, type PageFlags } from "./page.ts";

interface ReplayFlags extends PageFlags, OutputFlags {
  readonly runs: string;
}

export const replay = async (run: string, flags: ReplayFlags): Promise<void> => {
  const folder = knownRunFolder(run, flags.runs);
  const output = new Output(flags);
  const onTrouble = (cause: unknown) => output.warn(`agora: ${String(cause)}`);
  const { servePage } = await import("../../dashboard/server/server.ts");
  const { knowledgeOfRun } = await import("./run-knowledge.ts");
  const page = await servePage({
    folder,
    ...(await knowledgeOfRun(folder, run)),
    onTrouble,
    ...addressOf(flags),
  });
  // Listens before the address is shown: its reader may interrupt immediately.
  const interrupted = once(onInterrupt().signal, "abort");
  output.say(`Replaying run ${run} from ${folder} (Ctrl-C to end)`);
  if (flags.json) output.show({ run, folder, url: page.url }, () => page.url);
  announcePage(page, flags, flags.quiet ? output.warn : output.say);
  await interrupted;
  await page.close({ reason: "its user ended the replay" });
};
