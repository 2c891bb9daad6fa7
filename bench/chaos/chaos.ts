/**
 * Plays societies as real processes over a real nats-server while faults happen to them, and checks the invariants of
 * each journal afterwards.
 *
 *     npm run chaos -- --seed 1 --faults 50
 *     npm run chaos -- --seed 1 --faults 50 --societies plain,standby,pocket
 *     npm run chaos -- --seed 1 --faults 10 --kinds "host killed,disk full"
 *     npm run chaos -- --seed 1 --faults 1000 --parallel 4
 *
 * Equal seeds draw equal faults; when each happens depends on the machine as well. The last line on stdout sums up.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { natsServerProgram } from "../../runtime/bus/nats-server.fixture.ts";
import { printNote, printResult, rounded } from "../result.ts";
import { type FaultKind, faultKinds } from "./fault.ts";
import { mostFaults, type Plan, planOf, type SocietyKind } from "./plan.ts";
import { type Outcome, playPlan } from "./play.ts";

const given = new Command("chaos")
  .option("--seed <number>", "of all plans", "1")
  .option("--faults <count>", "that have to happen", "50")
  .option("--societies <kinds>", "plain, standby and pocket, played in turn", "plain,standby")
  .option("--kinds <names>", "only these faults, separated by commas")
  .option("--parallel <count>", "societies at once; they wait more than they work", "1")
  .option("--log <file>", "one JSON line for each society, with its faults")
  .parse()
  .opts<{
    seed: string;
    faults: string;
    societies: string;
    kinds?: string;
    parallel: string;
    log?: string;
  }>();

/** @throws Error that names the faults there are */
const faultsIn = (names: string): FaultKind[] =>
  names.split(",").map((name) => {
    const kind = faultKinds.find((known) => known === name);
    if (kind === undefined) throw new Error(`no fault is called ${name}; expected ${faultKinds.join(", ")}`);
    return kind;
  });

/** Without `prlimit` no disk can be full. */
const possibleFaults = (): FaultKind[] => {
  const asked = given.kinds === undefined ? [...faultKinds] : faultsIn(given.kinds);
  if (spawnSync("prlimit", ["--version"]).status === 0) return asked;
  printNote("no disk will be full: prlimit (util-linux) is not on PATH");
  return asked.filter((kind) => kind !== "disk full");
};

/** [ms] */
const waitForOthers = 500;

const emptySum = { faults: 0, idle: 0, violations: 0, settled: 0, unmetered: 0, calls: 0 };
type Sum = typeof emptySum;

const added = (sum: Sum, outcome: Outcome): Sum => ({
  ...{ faults: sum.faults + outcome.faults, idle: sum.idle + outcome.idle },
  ...{ violations: sum.violations + outcome.violations.length, settled: sum.settled + outcome.settled },
  ...{ unmetered: sum.unmetered + outcome.unmetered, calls: sum.calls + outcome.calls },
});

const tell = (title: string, plan: Plan, outcome: Outcome): void => {
  for (const violation of outcome.violations) printNote(`  ${violation}`);
  const { faults, settled, seconds } = outcome;
  printNote(`${title}: ${faults} faults, ${settled} settled, ${seconds.toFixed(0)} s`);
  const { log } = given;
  if (log !== undefined) appendFileSync(log, `${JSON.stringify({ ...plan, ...outcome })}\n`);
};

/** Plays societies until so many faults have happened. */
const playAll = async (seed: number, wanted: number, possible: readonly FaultKind[]): Promise<Sum> => {
  const societies = given.societies.split(",") as SocietyKind[];
  const lanes = Number(given.parallel);
  if (!Number.isInteger(lanes) || lanes < 1)
    throw new Error(`--parallel ${given.parallel}: expected a whole number from 1 on`);
  let sum: Sum = emptySum;
  let [next, underway] = [0, 0];
  const playOne = async (): Promise<void> => {
    const index = next++;
    const kind = societies[index % societies.length] ?? "plain";
    const count = Math.min(mostFaults, wanted - sum.faults - underway);
    const plan = planOf(kind, seed + 1_000 * index, { count, first: index * mostFaults + 1, possible });
    underway += count;
    const outcome = await playPlan(plan);
    underway -= count;
    sum = added(sum, outcome);
    tell(`society ${index} (${kind}, seed ${plan.seed})`, plan, outcome);
  };
  const playOn = async (): Promise<void> => {
    while (sum.faults + underway < wanted) await playOne();
    // Faults under way may meet nothing: then more are needed.
    if (sum.faults < wanted && underway > 0) await sleep(waitForOthers).then(playOn);
  };
  await Promise.all(Array.from({ length: lanes }, playOn));
  return sum;
};

// Its processes end with it.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const possible = possibleFaults();
if (natsServerProgram === undefined) {
  printNote("chaos: no nats-server is on PATH; apt-get install nats-server");
  process.exitCode = 1;
} else {
  const seed = Number(given.seed);
  const startedAt = performance.now();
  const { faults, violations, settled, ...rest } = await playAll(seed, Number(given.faults), possible);
  const seconds = rounded((performance.now() - startedAt) / 1000);
  printResult("chaos", { faults, violations, settled, seed, ...rest, seconds });
  if (violations > 0) process.exitCode = 1;
}
