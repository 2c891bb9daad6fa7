/** `agora replay`: the page of a run that is over, was cut off, or is played by another process. */
import { Command } from "commander";
import { type Judge, judgeOf, knowsNothing } from "../../dashboard/record/judge.ts";
import { readStoredConfig } from "../../dashboard/record/stored-config.ts";
import { servePage } from "../../dashboard/server/server.ts";
import { taskOf } from "../../experiments/tasks/index.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import { knownRunFolder } from "./known-run.ts";
import { addressOf, announcePage, type PageFlags, withPageOptions } from "./page.ts";

/** A task that is not known any more leaves the truth unknown. */
export const judgeOfRun = async (folder: string, run: string): Promise<Judge> => {
  const journal = JournalReader.openReadOnly(folder);
  try {
    return judgeOf(await taskOf(readStoredConfig(journal.config, run)));
  } catch {
    return knowsNothing;
  } finally {
    journal.close();
  }
};

const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });

export const replayCommand = withPageOptions(
  new Command("replay")
    .description("Look at a run again: the same page, with a time slider.")
    .argument("<run>", "name of the run")
    .option("--runs <folder>", "folder of the runs' folders", "runs"),
).action(async (run: string, flags: PageFlags & { readonly runs: string }) => {
  const folder = knownRunFolder(run, flags.runs);
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const onTrouble = (cause: unknown) => void process.stderr.write(`agora: ${String(cause)}\n`);
  const page = await servePage({
    folder,
    judge: await judgeOfRun(folder, run),
    onTrouble,
    ...addressOf(flags),
  });
  print(`Replaying run ${run} from ${folder} (Ctrl-C to end)`);
  announcePage(page, flags, print);
  await untilInterrupted();
  await page.close();
});
