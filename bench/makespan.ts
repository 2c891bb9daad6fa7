/**
 * Measures how long rounds take against the least time they could: max(work / slots, critical path), with the work of
 * the busiest model and the longest question of the round. Four models of two speeds, two 1B and two 4B, answer behind
 * servers with vLLM's latency (paced-server.fixture.ts) on a clock that runs `--scale` times faster than real time.
 *
 * A round's interval is the time from the closing of the round before to its own: where rounds overlap, what a round
 * takes of the run. All times are of that clock [s]. Rounds in which a job trains or adapters are swapped, with the
 * gate's readings beside play, count apart. The process's own time counts as time lost: `cpu_share` says how much.
 *
 *     npm run -s bench:makespan -- --rounds 12 --scale 10 --slots 32 -s overlap=0.5
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { startRun } from "../cli/host/host.ts";
import { scaledClock } from "../runtime/model/serving-clock.fixture.ts";
import { boundOf, median, type RoundFigures, Timeline } from "./makespan-figures.ts";
import { type PacedSociety, startPacedSociety } from "./makespan-society.ts";
import { report, reportMessage } from "./progress.ts";
import { printResult, rounded } from "./result.ts";

interface Flags {
  readonly rounds: string;
  readonly scale: string;
  readonly slots: string;
  readonly threshold: string;
  readonly anchor: string;
  readonly set: string[];
}

const societyOf = (flags: Flags, runsFolder: string): Promise<PacedSociety> => {
  const [rounds, anchorSize, threshold] = [flags.rounds, flags.anchor, flags.threshold].map(Number);
  const training = threshold === 0 ? { lora: false } : { bufferThreshold: threshold, trainingSlots: 2 };
  return startPacedSociety({
    clock: scaledClock(Number(flags.scale)),
    slots: Number(flags.slots),
    flags: flags.set,
    overrides: { ...training, runsFolder, rounds, anchorSize },
  });
};

const allRounded = (figures: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, rounded(figure)]));

const printRound = (figures: RoundFigures): void => {
  const { round, seconds, interval, work, criticalPath, training, staleness } = figures;
  const bound = boundOf(figures);
  printResult("makespan", {
    ...{ round, training, seconds: rounded(seconds), interval: rounded(interval), work: allRounded(work) },
    stale_rounds: staleness.rounds,
    stale_adapters: staleness.adapters,
    ...{ critical_path: rounded(criticalPath), bound: rounded(bound), ratio: rounded(interval / bound) },
  });
};

/** The first round fills an empty society, and is left out of the medians. */
const printWhole = (timeline: Timeline, flags: Flags, cpuShare: number): void => {
  const { seconds, bound, occupancy } = timeline.whole();
  const steady = timeline.rounds.slice(1);
  const ratioOf = (training: boolean) =>
    rounded(
      median(
        steady.filter((round) => round.training === training).map((round) => round.interval / boundOf(round)),
      ),
    );
  printResult("makespan", {
    ...{ rounds: timeline.rounds.length, slots: Number(flags.slots), scale: Number(flags.scale) },
    ...{ seconds: rounded(seconds), bound: rounded(bound), ratio: rounded(seconds / bound) },
    occupancy: allRounded(occupancy),
    ...{ median_ratio: ratioOf(false), median_ratio_training: ratioOf(true), cpu_share: rounded(cpuShare) },
  });
};

const measure = async (society: PacedSociety, flags: Flags): Promise<void> => {
  const { config, models, clock } = society;
  const timeline = new Timeline(models, () => clock.now());
  const [startedAt, usedBefore] = [clock.now(), process.cpuUsage()];
  const run = await startRun(
    {
      config,
      onMessage: (message) => {
        timeline.accept(message);
        reportMessage(message);
      },
      onTrouble: (where, cause) => report(`trouble ${where}: ${String(cause)}`),
    },
    await society.parts(),
  );
  try {
    const end = await run.ended;
    const { user, system } = process.cpuUsage(usedBefore);
    if (end.outcome !== "finished") throw new Error(`the run did not finish: ${JSON.stringify(end)}`);
    for (const figures of timeline.rounds) printRound(figures);
    printWhole(timeline, flags, (user + system) / 1e6 / clock.realSeconds(clock.now() - startedAt));
  } finally {
    await run.close();
  }
};

const flags: Flags = new Command("makespan")
  .option("--rounds <count>", "rounds to play", "12")
  .option("--scale <factor>", "seconds of the servers' clock in a real second", "10")
  .option("--slots <count>", "sequences that each server runs at once", "32")
  .option("--threshold <samples>", "samples that start the training jobs; 0: no training", "256")
  .option("--anchor <problems>", "problems of the anchor and the gate", "50")
  .option(
    "-s, --set <key=value>",
    "set one key (repeatable)",
    (value: string, all: string[]) => [...all, value],
    [],
  )
  .parse()
  .opts();

const folder = mkdtempSync(join(tmpdir(), "agora-makespan-"));
const society = await societyOf(flags, folder);
try {
  await measure(society, flags);
} finally {
  await society.stop();
  rmSync(folder, { recursive: true, force: true });
}
