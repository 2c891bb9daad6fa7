/** `agora watch`: shows ratings, states and progress of a run that another process plays. */
import type { FeedStep, Moment } from "../../dashboard/record/feed.ts";
import { FeedReader } from "../../dashboard/record/feed-reader.ts";
import { readStoredConfig } from "../../dashboard/record/stored-config.ts";
import { crowdName } from "../../dashboard/views/agents.ts";
import { crowdRole, roleOf } from "../../dashboard/views/role.ts";
import { foldGoals } from "../../experiments/goals.ts";
import { commandFor } from "../../experiments/result.ts";
import { JournalReader } from "../../runtime/journal/journal-reader.ts";
import type { Message } from "../../runtime/messages.ts";
import { followRun } from "../terminal/follow.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { Progress, type ProgressOptions, type ProgressStream } from "../terminal/progress.ts";
import { blockLines, plain } from "../terminal/progress-text.ts";
import { knownRunFolder } from "./known-run.ts";

type Goals = Pick<ProgressOptions, "run" | "rounds" | "updates" | "tokens" | "bufferThreshold" | "began">;

/** From the configuration in the journal and the last extension. */
const goalsOf = (folder: string, run: string): Goals => {
  const journal = JournalReader.openReadOnly(folder);
  try {
    const records = Array.from(journal.records(), ({ message }) => message);
    const { rounds, updates, tokens, bufferThreshold } = {
      ...readStoredConfig(journal.config, run),
      ...records.reduce(foldGoals, {}),
    };
    return { run, rounds, updates, tokens, bufferThreshold, began: records[0]?.at };
  } finally {
    journal.close();
  }
};

const progressed = ([at, job, model, state, step, steps, loss]: FeedStep): Message => ({
  type: "training.progressed",
  ...{ from: "trainer", at, job, model, state, step, steps, loss },
});

/** The latest state of each agent, from the feed. */
class Standing {
  readonly #roles = new Map<string, string>();

  accept({ states = {}, crowds = {} }: Moment): void {
    for (const [agent, innermost] of Object.entries(states)) this.#roles.set(agent, roleOf(innermost));
    for (const [kind, counts] of Object.entries(crowds)) this.#roles.set(crowdName(kind), crowdRole(counts));
  }

  get line(): string | undefined {
    if (this.#roles.size === 0) return undefined;
    return `agents    ${[...this.#roles].map(([agent, role]) => `${agent} ${role}`).join(" · ")}`;
  }
}

export interface WatchOptions {
  readonly folder: string;
  readonly run: string;
  readonly signal: AbortSignal;
  /** Default: standard output. */
  readonly stream?: ProgressStream;
}

/** Resolves when the run ends or the signal aborts. */
export const watchRun = async ({
  folder,
  run,
  signal,
  stream = process.stdout,
}: WatchOptions): Promise<void> => {
  const goals = goalsOf(folder, run);
  const standing = new Standing();
  const feed = new FeedReader(folder);
  const isLive = stream.isTTY === true;
  const extra = () => (isLive ? standing.line : undefined);
  const progress = new Progress({ ...goals, stream, extra });
  const read = (): void => {
    for (const moment of feed.read()) {
      standing.accept(moment);
      for (const step of moment.progress ?? []) progress.accept(progressed(step));
    }
  };
  try {
    const end = await followRun({
      folder,
      signal,
      onPast: (records) => {
        progress.restore(records);
        progress.print(`Watching run ${run} in ${folder} (Ctrl-C to end)`);
      },
      onRecord: (record) => progress.accept(record),
      onLook: read,
    });
    if (!isLive) for (const line of summaryOf(progress, goals, standing)) progress.print(line);
    const { finished } = progress.state;
    if (finished) progress.print(`finished after ${finished.rounds} rounds: ${finished.reason}`);
    if (end === "abandoned")
      progress.print(
        `No process plays this run now; continue it with: ${commandFor("resume", { run, folder })}`,
      );
  } finally {
    feed.close();
    progress.close();
  }
};

/** The lines of the live block, printed once if the output is not a terminal. */
const summaryOf = ({ state }: Progress, goals: Goals, { line }: Standing): string[] => [
  ...blockLines(state, goals, plain),
  ...(line === undefined ? [] : [line]),
];

/** Prints the records of the journal as JSON, past ones first. */
const streamRun = (folder: string, signal: AbortSignal, { show }: Pick<Output, "show">) =>
  followRun({
    ...{ folder, signal },
    onPast: (records) => {
      for (const record of records) show(record, () => "");
    },
    onRecord: (record) => show(record, () => ""),
  });

interface WatchFlags extends OutputFlags {
  readonly runs: string;
}

export const watch = async (run: string, flags: WatchFlags): Promise<void> => {
  const folder = knownRunFolder(run, flags.runs);
  const output = new Output(flags);
  const interrupt = onInterrupt();
  const unread = new AbortController();
  process.stdout.once("error", () => unread.abort());
  const signal = AbortSignal.any([interrupt.signal, unread.signal]);
  if (flags.json) await streamRun(folder, signal, { show: (facts, text) => output.show(facts, text) });
  else await watchRun({ folder, run, signal, stream: output.progress });
  interrupt.release();
};
