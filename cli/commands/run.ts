/** `agora run` and `agora resume`: play a run with its progress in the terminal, then print what it learned. */
import { Command } from "commander";
import { auditLine, emptyAudit, foldAudit } from "../../experiments/audit.ts";
import type { RunResult } from "../../experiments/result.ts";
import { resultBlock } from "../../experiments/result.ts";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import type { Message } from "../../runtime/messages.ts";
import { runFolder } from "../host/host.ts";
import { standardParts } from "../host/parts.ts";
import { playRun } from "../host/play.ts";
import { type Logger, openLog } from "../terminal/log.ts";
import { Progress } from "../terminal/progress.ts";
import { knownRunFolder } from "./known-run.ts";
import { type OnlookerFlags, Onlookers } from "./onlookers.ts";
import { withPageOptions } from "./page.ts";
import { statelyInspector } from "./stately.ts";

interface PlayFlags extends OnlookerFlags {
  readonly problems: string;
  readonly stately?: boolean;
}

interface RunFlags extends PlayFlags {
  readonly config?: string;
  readonly set: string[];
}

const collect = (value: string, previous: string[]): string[] => [...previous, value];

const secretsOf = ({ models }: Config): string[] =>
  models.flatMap(({ apiKeyEnv }) => (apiKeyEnv && process.env[apiKeyEnv]) || []);

/** The first interrupt stops cleanly, the second at once. */
const onInterrupt = (stop: () => Promise<void>, print: (line: string) => void): (() => void) => {
  let asked = false;
  const interrupt = () => {
    if (asked) process.exit(130);
    asked = true;
    print("Stopping: calls under way are ended (Ctrl-C again to leave at once) …");
    void stop();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return () => {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  };
};

const logMessage = (log: Logger, message: Message): void => {
  if (message.type === "agent.failed" || message.type === "agent.lapsed")
    log.warn({ message }, "an agent met trouble");
  else log.debug({ message }, message.type);
};

const play = async (config: Config, flags: PlayFlags, resume: boolean): Promise<RunResult> => {
  const problems = problemsOf(flags);
  const onlookers = new Onlookers(config, flags);
  const inspect = flags.stately ? await statelyInspector() : undefined;
  const parts = await standardParts(config);
  const { task } = parts;
  let audit = emptyAudit;
  let log: Logger | undefined;
  const { run, rounds, bufferThreshold } = config;
  const extra = () => (audit.offered > 0 ? auditLine(audit) : undefined);
  const progress = new Progress({ run, rounds, bufferThreshold, extra });
  let quiet = () => {};
  try {
    return await playRun({
      ...{ config, parts, resume, problems },
      ...(inspect ? { inspect } : {}),
      onStart: (started) => {
        log = openLog(runFolder(config), { secrets: secretsOf(config) });
        progress.print(`${resume ? "Resumed" : "Started"} run ${run} in ${runFolder(config)}`);
        const onTrouble = (cause: unknown) => log?.error({ cause: String(cause) }, "trouble with the page");
        onlookers.start({ run: started, task, print: (line) => progress.print(line), onTrouble });
        quiet = onInterrupt(
          () => started.stop(),
          (line) => progress.print(line),
        );
      },
      onMessage: (message) => {
        audit = foldAudit(task)(audit, message);
        progress.accept(message);
        onlookers.accept(message);
        if (log) logMessage(log, message);
      },
      onTrouble: (where, cause) => log?.error({ where, cause: String(cause) }, "trouble"),
      onMeasuring: () => progress.print("Measuring on held-out problems …"),
    });
  } finally {
    quiet();
    await onlookers.close();
    progress.close();
  }
};

const report = (result: RunResult, { stately }: PlayFlags): void => {
  process.stdout.write(`${resultBlock(result)}\n`);
  if (result.end.outcome === "failed") process.exitCode = 1;
  // Stately's connection cannot be closed from outside, and would keep the process alive.
  if (stately) process.exit();
};

const problemsOf = ({ problems }: { readonly problems: string }): number => {
  const count = Number(problems);
  if (Number.isInteger(count) && count >= 0) return count;
  throw new Error(`--problems is ${problems}; expected a whole number of problems, 0 to measure nothing`);
};

const withPlayOptions = (command: Command): Command =>
  withPageOptions(
    command
      .option("--problems <count>", "held-out problems to measure on afterwards", "400")
      .option("--no-page", "serve no page"),
  ).option("--stately", "inspect through stately.ai as well (needs @statelyai/inspect and the network)");

export const runCommand = withPlayOptions(
  new Command("run")
    .description("Start a run: the embedded models by default.")
    .option("-c, --config <file>", "YAML file with the run's configuration")
    .option("-s, --set <key=value>", "set one key of the configuration (repeatable)", collect, []),
).action(async (flags: RunFlags) => {
  const config = loadConfig({ file: flags.config, flags: flags.set });
  report(await play(config, flags, false), flags);
});

/** The configuration a run was started with, as its journal keeps it. */
const storedConfig = (run: string, runsFolder: string): Config => {
  const journal = JournalReader.openReadOnly(knownRunFolder(run, runsFolder));
  try {
    return loadConfig({ overrides: { ...JSON.parse(journal.config), run, runsFolder } });
  } finally {
    journal.close();
  }
};

export const resumeCommand = withPlayOptions(
  new Command("resume")
    .description("Continue a run after a stop, a crash or a kill.")
    .argument("<run>", "name of the run")
    .option("--runs <folder>", "folder of the runs' folders", "runs"),
).action(async (run: string, flags: PlayFlags & { readonly runs: string }) => {
  report(await play(storedConfig(run, flags.runs), flags, true), flags);
});
