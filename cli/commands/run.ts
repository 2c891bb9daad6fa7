/** `agora run` and `agora resume`: play a run, show its progress in the terminal and print its result. */
import { auditLine, emptyAudit, foldAudit } from "../../experiments/audit.ts";
import { allFailed } from "../../experiments/jobs.ts";
import type { RunResult } from "../../experiments/result.ts";
import { resultBlock } from "../../experiments/result.ts";
import { factsOf } from "../../experiments/result-facts.ts";
import { hasCredentials, shownServers } from "../../runtime/bus/nats-address.ts";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import type { Message } from "../../runtime/messages.ts";
import { EXIT, type ExitCode, exitCodeOf, UsageError } from "../exit-codes.ts";
import { standardParts } from "../host/parts.ts";
import { playRun } from "../host/play.ts";
import { runFolder } from "../host/run-folder.ts";
import { settingsOf } from "../options.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { type Logger, openLog, secretsOf } from "../terminal/log.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { preflight } from "../terminal/preflight.ts";
import { Progress } from "../terminal/progress.ts";
import { type OnlookerFlags, Onlookers } from "./onlookers.ts";
import { statelyInspector } from "./stately.ts";
import { readStoredRun, withNewGoals } from "./stored-config.ts";

interface PlayFlags extends OnlookerFlags, OutputFlags {
  readonly problems: string;
  readonly preflight: boolean;
  readonly stately?: boolean;
  readonly baseReadings?: string;
  readonly set: readonly string[];
}

interface RunFlags extends PlayFlags {
  readonly config?: string;
  readonly data?: string;
}

/** What a run starts from: nothing, or its journal. */
interface Beginning {
  readonly resume: boolean;
  readonly extend: boolean;
  readonly records: readonly Message[];
}

const fresh: Beginning = { resume: false, extend: false, records: [] };

const stopping = "Stopping: calls under way are aborted (Ctrl-C again to exit immediately) …";

/** Undefined where the bus is in the process, or the run has a key or a password for the server. */
export const openServerNotice = ({ nats, natsKey }: Pick<Config, "nats" | "natsKey">): string | undefined => {
  if (nats === undefined || hasCredentials({ servers: nats, keyFile: natsKey })) return undefined;
  const reach = `without a key: anybody who reaches ${shownServers({ servers: nats })} can speak as anybody in this run`;
  return `NATS ${reach} (agora keys makes keys)`;
};

const logMessage = (log: Logger, message: Message): void => {
  if (message.type === "agent.failed" || message.type === "agent.lapsed")
    log.warn({ message }, "an agent failed");
  else log.debug({ message }, message.type);
};

const play = async (
  config: Config,
  flags: PlayFlags,
  { resume, extend, records }: Beginning,
  output: Output,
): Promise<RunResult> => {
  const problems = problemsOf(flags);
  const onlookers = new Onlookers(config, flags);
  if (flags.preflight) await preflight(config);
  const inspect = flags.stately ? await statelyInspector(output.say) : undefined;
  const notice = openServerNotice(config);
  if (notice !== undefined) output.say(notice);
  const parts = await standardParts(config);
  const { task } = parts;
  let audit = records.reduce(foldAudit(task), emptyAudit);
  let log: Logger | undefined;
  const { run, rounds, updates, tokens, bufferThreshold } = config;
  const extra = () => (audit.offered > 0 ? auditLine(audit) : undefined);
  const progress = new Progress({
    ...{ run, rounds, updates, tokens, bufferThreshold, extra },
    stream: output.progress,
  });
  progress.restore(records);
  const interrupt = onInterrupt(() => progress.print(stopping));
  try {
    return await playRun({
      ...{ config, parts, resume, extend, problems, signal: interrupt.signal },
      ...(inspect ? { inspect } : {}),
      baseReadings: flags.baseReadings,
      onStart: (started) => {
        log = openLog(runFolder(config), { secrets: secretsOf(config.models) });
        progress.print(`${resume ? "Resumed" : "Started"} run ${run} in ${runFolder(config)}`);
        const onTrouble = (cause: unknown) => log?.error({ cause: String(cause) }, "the page failed");
        onlookers.start({ run: started, task, print: (line) => progress.print(line), onTrouble });
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
    interrupt.release();
    await onlookers.close();
    progress.close();
  }
};

const isUnmeasured = ({ measures }: RunResult): boolean =>
  measures !== undefined &&
  Object.keys(measures.unmeasured).length > 0 &&
  Object.keys(measures.curve[0]?.scores ?? {}).length === 0;

/** The exit code of a run. */
export const outcomeCode = (result: RunResult): ExitCode => {
  const { end, jobs, measuring } = result;
  if (end.outcome === "failed") return exitCodeOf(end.cause);
  if (end.outcome === "stopped" || measuring === "interrupted") return EXIT.interrupted;
  if (allFailed(jobs)) return EXIT.untrained;
  return isUnmeasured(result) ? EXIT.unmeasured : EXIT.done;
};

const show = (result: RunResult, output: Output, { stately }: PlayFlags): void => {
  output.show(factsOf(result), () => resultBlock(result));
  process.exitCode = outcomeCode(result);
  // The connection to Stately cannot be closed, and it keeps the process alive.
  if (stately) process.exit();
};

const problemsOf = ({ problems }: { readonly problems: string }): number => {
  const count = Number(problems);
  if (Number.isInteger(count) && count >= 0) return count;
  const expected = "a whole number, or 0 to measure nothing";
  throw new UsageError(`--problems is ${problems}`, { expected });
};

export const run = async (flags: RunFlags): Promise<void> => {
  const config = loadConfig({ file: flags.config, flags: settingsOf(flags) });
  const output = new Output(flags);
  show(await play(config, flags, fresh, output), output, flags);
};

export const resume = async (name: string, flags: PlayFlags & { readonly runs: string }): Promise<void> => {
  const stored = readStoredRun(name, flags.runs);
  const extend = flags.set.length > 0;
  const config = extend ? withNewGoals(stored, flags.set) : stored.config;
  const output = new Output(flags);
  show(await play(config, flags, { resume: true, extend, records: stored.records }, output), output, flags);
};
