/**
 * Measures what a society learns: pass@1 on held-out problems before and after training, for new seeds, with and
 * without the gate. `--poison` measures instead how the society recovers from a poisoned elite history.
 *
 *     npm run -s bench:gain -- --seeds 3
 *     npm run -s bench:gain -- --seeds 3 --poison
 */
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { standardParts } from "../cli/host/parts.ts";
import { playRun } from "../cli/host/play.ts";
import type { RunResult } from "../experiments/result.ts";
import { loadConfig } from "../runtime/config/config.ts";
import type { ConfigInput } from "../runtime/config/config-keys.ts";
import { gainOf, gainSummary } from "./gain-figures.ts";
import { POISONED_ROUND } from "./poison.ts";
import { poisonSummary, recoveryOf } from "./poison-figures.ts";
import { report, reportMessage } from "./progress.ts";

interface Flags {
  readonly seeds: string;
  readonly seedFrom?: string;
  readonly problems: string;
  readonly config?: string;
  readonly set: string[];
  readonly keep?: string;
  readonly gateOnly?: boolean;
  readonly poison?: boolean;
}

interface Arm {
  readonly name: string;
  readonly overrides: ConfigInput;
  readonly problems: number;
}

const play = async (seed: number, arm: Arm, flags: Flags): Promise<RunResult> => {
  const runsFolder = flags.keep ?? mkdtempSync(join(tmpdir(), "agora-gain-"));
  report(`seed ${seed}, ${arm.name}`);
  try {
    const run = `${arm.name}-${seed}-${process.pid}`;
    const overrides = { ...arm.overrides, seed, runsFolder, run };
    const config = loadConfig({ file: flags.config, flags: flags.set, overrides });
    const parts = await standardParts(config);
    const onTrouble = (where: string, cause: unknown) => report(`  trouble ${where}: ${String(cause)}`);
    return await playRun({ config, parts, problems: arm.problems, onMessage: reportMessage, onTrouble });
  } finally {
    if (flags.keep === undefined) rmSync(runsFolder, { recursive: true, force: true });
  }
};

/** Draws new seeds unless they are given: settings tuned on some seeds have to be measured on others. */
const seedsOf = ({ seeds, seedFrom }: Flags): number[] => {
  const first = seedFrom === undefined ? randomInt(1_000, 1_000_000_000) : Number(seedFrom);
  return Array.from({ length: Number(seeds) }, (_, index) => first + index);
};

const playArm = async <Figures>(
  arm: Arm,
  flags: Flags,
  seeds: readonly number[],
  figuresOf: (seed: number, result: RunResult) => Figures,
): Promise<Figures[]> => {
  const all: Figures[] = [];
  for (const seed of seeds) {
    const figures = figuresOf(seed, await play(seed, arm, flags));
    report(JSON.stringify(figures));
    all.push(figures);
  }
  return all;
};

const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Rounds after the poisoned one: those for recovery, and one to measure it. */
const recoveryRounds = 12;

const poisonArm: Arm = {
  name: "poisoned",
  problems: 0,
  overrides: {
    agents: [join(import.meta.dirname, "poison.ts")],
    lora: false,
    updates: undefined,
    rounds: POISONED_ROUND + recoveryRounds,
  },
};

const flags: Flags = new Command("gain")
  .option("--seeds <count>", "how many seeds", "3")
  .option("--seed-from <seed>", "the first seed; default: drawn at random")
  .option("--problems <count>", "held-out in-domain problems", "400")
  .option("-c, --config <file>", "YAML file with the runs' configuration")
  .option(
    "-s, --set <key=value>",
    "set one key (repeatable)",
    (value: string, all: string[]) => [...all, value],
    [],
  )
  .option("--gate-only", "skip the arm without a gate")
  .option("--poison", "poison the elite history once, and measure the recovery")
  .option("--keep <folder>", "keep the runs' journals in this folder")
  .parse()
  .opts();

const seeds = seedsOf(flags);
if (flags.poison) {
  print(poisonSummary(await playArm(poisonArm, flags, seeds, recoveryOf)));
} else {
  const problems = Number(flags.problems);
  const gates = flags.gateOnly ? [true] : [true, false];
  for (const gate of gates) {
    const arm = { name: gate ? "gated" : "ungated", problems, overrides: gate ? {} : { gate } };
    print({ bench: "gain", gate, ...gainSummary(await playArm(arm, flags, seeds, gainOf)) });
  }
}
