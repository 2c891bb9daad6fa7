/**
 * Plays societies as real processes over a real nats-server while faults happen to them, and checks the invariants of
 * each journal afterwards.
 *
 *     npm run chaos -- --seed 1 --faults 50
 *     npm run chaos -- --seed 1 --faults 50 --societies plain,standby,pocket
 *     npm run chaos -- --seed 1 --faults 10 --kinds "host killed,disk full"
 *
 * Equal seeds draw equal faults; when each happens depends on the machine as well. The last line on stdout sums up.
 */
import { appendFileSync } from "node:fs";
import { Command } from "commander";
import { natsServerProgram } from "../../runtime/bus/nats-server.fixture.ts";
import { printNote, printResult, rounded } from "../result.ts";
import { type FaultKind, faultKinds } from "./fault.ts";
import { mostFaults, planOf, type SocietyKind } from "./plan.ts";
import { type Outcome, playPlan } from "./play.ts";

const given = new Command("chaos")
  .option("--seed <number>", "of all plans", "1")
  .option("--faults <count>", "that have to happen", "50")
  .option("--societies <kinds>", "plain, standby and pocket, played in turn", "plain,standby")
  .option("--kinds <names>", "only these faults, separated by commas")
  .option("--log <file>", "one JSON line for each society, with its faults")
  .parse()
  .opts<{ seed: string; faults: string; societies: string; kinds?: string; log?: string }>();

const seed = Number(given.seed);
const wanted = Number(given.faults);
const societies = given.societies.split(",") as SocietyKind[];

const possible = given.kinds?.split(",").map((name): FaultKind => {
  const kind = faultKinds.find((known) => known === name);
  if (kind === undefined) throw new Error(`no fault is called ${name}; expected ${faultKinds.join(", ")}`);
  return kind;
});

const sum = { faults: 0, idle: 0, violations: 0, settled: 0, unmetered: 0, calls: 0, seconds: 0 };

const add = (outcome: Outcome): void => {
  for (const key of ["faults", "idle", "settled", "unmetered", "calls", "seconds"] as const)
    sum[key] += outcome[key];
  sum.violations += outcome.violations.length;
};

if (natsServerProgram === undefined)
  throw new Error("no nats-server is on PATH: apt-get install nats-server");

for (let index = 0; sum.faults < wanted; index += 1) {
  const kind = societies[index % societies.length] ?? "plain";
  const count = Math.min(mostFaults, wanted - sum.faults);
  const plan = planOf(kind, seed + 1_000 * index, { count, first: sum.faults + sum.idle + 1, possible });
  const outcome = await playPlan(plan);
  add(outcome);
  for (const violation of outcome.violations) printNote(`  ${violation}`);
  const { faults, settled, seconds } = outcome;
  printNote(`society ${index} (${kind}): ${faults} faults, ${settled} settled, ${seconds.toFixed(0)} s`);
  if (given.log !== undefined)
    appendFileSync(given.log, `${JSON.stringify({ kind, seed: plan.seed, ...outcome })}\n`);
}

const { faults, violations, settled, ...rest } = sum;
printResult("chaos", { faults, violations, settled, seed, ...rest, seconds: rounded(rest.seconds) });
if (violations > 0) process.exitCode = 1;
