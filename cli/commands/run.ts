/** `agora run` and `agora resume`: play a run, show its progress in the terminal and print its result. */
import { storedExperiment } from "../../experiments/arms/run-state.ts";
import { auditLine, emptyAudit, foldAudit } from "../../experiments/audit.ts";
import { allFailed } from "../../experiments/jobs.ts";
import type { RunResult } from "../../experiments/result.ts";
import { resultBlock } from "../../experiments/result.ts";
import { factsOf } from "../../experiments/result-facts.ts";
import { foldControl, isReleased, noControl } from "../../machines/folds/control.ts";
import { shownServers } from "../../runtime/bus/nats-address.ts";
import { type Config, loadConfig } from "../../runtime/config/config.ts";
import type { Lease } from "../../runtime/jetstream/lease.ts";
import type { Message } from "../../runtime/messages.ts";
import { EXIT, type ExitCode, exitCodeOf, InterruptedError, UsageError } from "../exit-codes.ts";
import { standardParts } from "../host/parts.ts";
import { playRun } from "../host/play.ts";
import { runFolder } from "../host/run-folder.ts";
import { type LeaseWish, leaseOf } from "../host/run-lease.ts";
import { namesIn, numberIn, settingsOf } from "../options.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { type Logger, openLog, secretsOf } from "../terminal/log.ts";
import { openServerNotice } from "../terminal/open-server.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { preflight } from "../terminal/preflight.ts";
import { Progress } from "../terminal/progress.ts";
import { untrainedNotice } from "../terminal/untrained.ts";
import { isPlayed } from "./act-client.ts";
import { knownRunFolder } from "./known-run.ts";
import { type OnlookerFlags, Onlookers } from "./onlookers.ts";
import { statelyInspector } from "./stately.ts";
import { readStoredRun, withNewGoals } from "./stored-config.ts";

interface PlayFlags extends OnlookerFlags, OutputFlags {
  readonly problems: string;
  readonly preflight: boolean;
  readonly stately?: boolean;
  readonly baseReadings?: string;
  readonly set: readonly string[];
  readonly remote?: string;
}

interface RunFlags extends PlayFlags {
  readonly config?: string;
  readonly data?: string;
  readonly nats?: string;
}

/** What a run starts from: nothing, or its journal. */
interface Beginning {
  readonly resume: boolean;
  readonly extend: boolean;
  /** Emptied once they are read: those of a long run are many. */
  readonly records: Message[];
  /** Waits until the host of the run is gone. */
  readonly isStandby: boolean;
}

const fresh: Beginning = { resume: false, extend: false, records: [], isStandby: false };

const stopping = "Stopping: calls under way are aborted (Ctrl-C again to exit immediately) …";

const logMessage = (log: Logger, message: Message): void => {
  if (message.type === "agent.failed" || message.type === "agent.lapsed")
    log.warn({ message }, "an agent failed");
  else log.debug({ message }, message.type);
};

const isHeld = (records: readonly Message[]): boolean => !isReleased(records.reduce(foldControl, noControl));

const pausedNotice = (run: string): string =>
  `The run is paused: it goes on from its page, or with agora resume ${run} from another terminal`;

/** The journal as its last host has left it. */
const storedOf = ({ run, runsFolder }: Config): Pick<Beginning, "records"> => ({
  records: readStoredRun(run, runsFolder).records,
});

/** A run that has ended, with its page still up. */
interface Played {
  readonly result: RunResult;
  readonly onlookers: Onlookers;
}

/** The terminal that a run is played in. */
interface Seat {
  readonly output: Output;
  /** Its user stops the run, or ends its page. */
  readonly user: AbortSignal;
}

/** Plays as the only host of the run. */
const play = async (
  config: Config,
  flags: PlayFlags,
  beginning: Beginning,
  { output, user }: Seat,
): Promise<Played> => {
  const { isStandby } = beginning;
  let lease: Lease | undefined;
  try {
    lease = await leaseWith(config, { isStandby, say: output.say, signal: user });
    // It may have come together with the signal.
    if (user.aborted) throw new InterruptedError();
    // What was read before the wait is old.
    if (isStandby) beginning.records.length = 0;
    const from = isStandby ? { ...beginning, ...storedOf(config) } : beginning;
    return await playLeased(config, flags, from, { output, user, lost: lease?.lost });
  } finally {
    await lease?.release();
  }
};

/** Says so if its wait is stopped. */
const leaseWith = async (config: Config, wish: LeaseWish & { readonly signal: AbortSignal }) => {
  const onStop = (): void => wish.say("Stopping …");
  wish.signal.addEventListener("abort", onStop);
  try {
    return await leaseOf(config, wish);
  } finally {
    wish.signal.removeEventListener("abort", onStop);
  }
};

interface Leased extends Seat {
  readonly lost: Promise<Error> | undefined;
}

const playLeased = async (
  config: Config,
  flags: PlayFlags,
  { resume, extend, records, isStandby: takeOver }: Beginning,
  { output, user, lost }: Leased,
): Promise<Played> => {
  const [problems, remote] = [problemsOf(flags), remoteOf(config, flags)];
  const onlookers = new Onlookers(config, flags);
  if (flags.preflight) await preflight(config);
  const inspect = flags.stately ? await statelyInspector(output.say) : undefined;
  for (const notice of [openServerNotice(config), untrainedNotice(config)])
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
  const isPaused = isHeld(records);
  records.length = 0;
  const onStop = (): void => progress.print(stopping);
  user.addEventListener("abort", onStop);
  try {
    const result = await playRun({
      ...{ config, parts, resume, extend, remote, takeOver, lost, problems, signal: user },
      ...(inspect ? { inspect } : {}),
      baseReadings: flags.baseReadings,
      onStart: (started) => {
        log = openLog(runFolder(config), { secrets: secretsOf(config.models) });
        progress.print(`${resume ? "Resumed" : "Started"} run ${run} in ${runFolder(config)}`);
        if (isPaused) progress.print(pausedNotice(run));
        for (const line of started.notices) progress.print(`NATS: ${line}`);
        for (const line of invitation(config, remote)) progress.print(line);
        const onTrouble = (cause: unknown) => log?.error({ cause: String(cause) }, "the page failed");
        onlookers.start({ run: started, task, print: (line) => progress.print(line), onTrouble });
      },
      onMessage: (message) => {
        audit = foldAudit(task)(audit, message);
        progress.accept(message);
        onlookers.accept(message);
        if (log) logMessage(log, message);
      },
      onLocked: () =>
        progress.print(`Waiting: the process that hosted ${run} is stalled while it writes; end it …`),
      onTrouble: (where, cause) => log?.error({ where, cause: String(cause) }, "trouble"),
      onMeasuring: () => progress.print("Measuring on held-out problems …"),
    });
    return { result, onlookers };
  } catch (cause) {
    await onlookers.close({ reason: "the run could not go on" });
    throw cause;
  } finally {
    user.removeEventListener("abort", onStop);
    progress.close();
  }
};

/** Members that other processes play. @throws UsageError */
const remoteOf = ({ nats, models }: Config, { remote }: PlayFlags): string[] => {
  if (remote === undefined) return [];
  if (nats === undefined)
    throw new UsageError("--remote needs a NATS server", { fix: "give --nats <url>, or export NATS_URL" });
  const names = namesIn(remote, "--remote");
  const members = models.map(({ name }) => name);
  const stranger = names.find((name) => !members.includes(name));
  if (stranger === undefined) return names;
  throw new UsageError(`--remote: no member is called ${stranger}`, {
    expected: `some of ${members.join(", ")}`,
  });
};

const invitation = ({ run, nats = "" }: Config, remote: readonly string[]): string[] => {
  if (remote.length === 0) return [];
  const command = `agora join ${shownServers({ servers: nats })} --run ${run} --agents ${remote.join(",")}`;
  return [`Waiting for ${remote.join(", ")}: ${command}`];
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

/** The user ended it before its end, so there is nothing to stay for. */
const isStopped = ({ end, measuring }: RunResult): boolean =>
  end.outcome !== "finished" || measuring === "interrupted";

/** Prints the result, and keeps the page up for whoever looks at it. */
const conclude = async ({ result, onlookers }: Played, { output, user }: Seat): Promise<void> => {
  output.show(factsOf(result), () => resultBlock(result));
  process.exitCode = outcomeCode(result);
  const reason = isStopped(result) ? "its user stopped the run" : await onlookers.stay(output, user);
  await onlookers.close({ reason });
};

/**
 * From the lease to the end of the page one listener hears all signals: one that ended the process at once would leave the
 * lease to expire, and none is lost while the result is computed.
 */
const playOut = async (config: Config, flags: PlayFlags, beginning: Beginning): Promise<void> => {
  const { signal: user, release } = onInterrupt();
  const seat: Seat = { output: new Output(flags), user };
  try {
    await conclude(await play(config, flags, beginning, seat), seat);
  } finally {
    release();
  }
  // The connection to Stately cannot be closed, and it keeps the process alive.
  if (flags.stately) process.exit();
};

const problemsOf = ({ problems }: { readonly problems: string }): number => {
  const count = numberIn(problems);
  if (Number.isInteger(count) && count >= 0) return count;
  const expected = "a whole number, or 0 to measure nothing";
  throw new UsageError(`--problems is ${problems}`, { expected });
};

/** The page of all runs would show the run, and none of the experiment's. @throws UsageError */
const assertNoExperiment = (config: Config): void => {
  const folder = runFolder(config);
  if (storedExperiment(folder) === undefined) return;
  throw new UsageError(`${folder} holds an experiment`, { fix: "give the run another name: -s run=<name>" });
};

export const run = async (flags: RunFlags): Promise<void> => {
  const config = loadConfig({ file: flags.config, flags: settingsOf(flags) });
  assertNoExperiment(config);
  await playOut(config, flags, fresh);
};

interface ResumeFlags extends PlayFlags {
  readonly runs: string;
  readonly operator?: string;
  readonly standby?: boolean;
}

/** @throws UsageError */
const assertStandby = ({ nats }: Config): void => {
  if (nats !== undefined) return;
  throw new UsageError("--standby needs a run over a NATS server: only there a host has a lease");
};

/** A run that another process plays goes on there; any other is played here. */
export const resume = async (name: string, flags: ResumeFlags): Promise<void> => {
  const isLive = isPlayed(knownRunFolder(name, flags.runs));
  if (isLive && flags.set.length === 0 && !flags.standby) {
    const { act } = await import("./acts.ts");
    return act(name, { act: "resume" }, flags);
  }
  const stored = readStoredRun(name, flags.runs);
  const { standby: isStandby = false } = flags;
  if (isStandby) assertStandby(stored.config);
  const extend = flags.set.length > 0;
  const config = extend ? withNewGoals(stored, flags.set) : stored.config;
  await playOut(config, flags, { resume: true, extend, records: stored.records, isStandby });
};
