/**
 * What a society learns: pass@1 on held-out problems before and after, over several seeds.
 *
 *     npm run -s bench:gain -- --seeds 3
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { precisionOf, rawOf } from "../experiments/audit.ts";
import { meanScore, type Scores } from "../experiments/measure.ts";
import { playRun, type RunResult } from "../experiments/run.ts";
import { loadConfig } from "../runtime/config/config.ts";
import type { Message } from "../runtime/messages.ts";
import { standardParts } from "../runtime/parts.ts";

interface Flags {
  readonly seeds: string;
  readonly first: string;
  readonly problems: string;
  readonly config?: string;
  readonly set: string[];
  readonly keep?: string;
}

interface Seed {
  readonly seed: number;
  readonly before: number;
  readonly after: number;
  /** Mean in-domain pass@1 after each update and each withdrawal, the base weights first. */
  readonly curve: readonly number[];
  /** Of each point of the curve: its generation, and the version whose withdrawal made it. */
  readonly curve_points: readonly { readonly generation: number; readonly withdrawn?: string }[];
  /** The largest fall from one point of the curve to the next [points]. */
  readonly worst_step: number;
  readonly elite_before: number;
  readonly elite_after: number;
  readonly others: Readonly<Record<string, readonly [before: number, after: number]>>;
  readonly precision: number | undefined;
  readonly raw: number | undefined;
  readonly updates: number;
  readonly questions: number;
  readonly first_settled: number | undefined;
  /** Play alone, and with measuring [s]. */
  readonly play_seconds: number;
  readonly seconds: number;
  readonly models: Readonly<Record<string, readonly [before: number, after: number]>>;
  /** Why members are missing in all of these figures, by name. */
  readonly unmeasured: Readonly<Record<string, string>>;
}

const round = (value: number, digits = 4): number => Number(value.toFixed(digits));
const rounded = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : round(value);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

const tellMessage = (message: Message): void => {
  if (message.type === "round.closed") {
    const { round: index, passRate, nextDifficulty, admitted, strategy } = message;
    tell(
      `  round ${index}: V ${passRate.toFixed(2)}, d ${nextDifficulty.toFixed(2)}, admitted ${admitted}, ${strategy}`,
    );
  }
  if (message.type === "adapter.published" || message.type === "adapter.rejected") {
    const [before = "–", after = "–"] = [message.before?.toFixed(3), message.after?.toFixed(3)];
    tell(`  ${message.type} ${message.model}@v${message.version}: ${before} → ${after}`);
  }
  if (message.type === "agent.failed" || message.type === "training.failed")
    tell(`  ${JSON.stringify(message)}`);
};

const paired = (before: Scores, after: Scores): Record<string, readonly [number, number]> =>
  Object.fromEntries(
    Object.keys(before).map((model) => [
      model,
      [round(before[model] ?? 0), round(after[model] ?? 0)] as const,
    ]),
  );

const seedOf = (seed: number, { measures, audit, ...result }: RunResult): Seed => {
  if (measures === undefined) throw new Error(`seed ${seed} did not finish: ${JSON.stringify(result.end)}`);
  const curve = measures.curve.map(({ scores }) => round(meanScore(scores)));
  const falls = curve.slice(1).map((value, index) => (curve[index] ?? 0) - value);
  const [first, last] = [measures.curve[0]?.scores ?? {}, measures.curve.at(-1)?.scores ?? {}];
  const others = Object.entries(measures.others).map(
    ([name, { before, after }]) =>
      [name, [round(meanScore(before)), round(meanScore(after))] as const] as const,
  );
  return {
    seed,
    before: curve[0] ?? 0,
    after: curve.at(-1) ?? 0,
    curve,
    curve_points: measures.curve.map(({ scores: _, ...point }) => point),
    worst_step: round(100 * Math.max(0, ...falls), 2),
    elite_before: round(meanScore(measures.eliteBefore)),
    elite_after: round(meanScore(measures.eliteAfter)),
    others: Object.fromEntries(others),
    precision: rounded(precisionOf(audit)),
    raw: rounded(rawOf(audit)),
    updates: result.updates,
    questions: result.questions,
    first_settled: rounded(result.firstSettledSeconds),
    play_seconds: round(result.playSeconds, 1),
    seconds: round(result.seconds, 1),
    models: paired(first, last),
    unmeasured: measures.unmeasured,
  };
};

const playSeed = async (seed: number, flags: Flags): Promise<Seed> => {
  const runsFolder = flags.keep ?? mkdtempSync(join(tmpdir(), "agora-gain-"));
  tell(`seed ${seed}`);
  try {
    const config = loadConfig({
      file: flags.config,
      flags: flags.set,
      overrides: { seed, runsFolder, run: `gain-${seed}-${process.pid}` },
    });
    const parts = await standardParts(config);
    const problems = Number(flags.problems);
    const onTrouble = (where: string, cause: unknown) => tell(`  trouble ${where}: ${String(cause)}`);
    const result = seedOf(
      seed,
      await playRun({ config, parts, problems, onMessage: tellMessage, onTrouble }),
    );
    tell(JSON.stringify(result));
    return result;
  } finally {
    if (flags.keep === undefined) rmSync(runsFolder, { recursive: true, force: true });
  }
};

const meanOf = (seeds: readonly Seed[], pick: (seed: Seed) => number | undefined): number =>
  round(mean(seeds.map((seed) => pick(seed) ?? 0)));

const summary = (seeds: readonly Seed[]): object => {
  const [before, after] = [meanOf(seeds, (seed) => seed.before), meanOf(seeds, (seed) => seed.after)];
  const models = Object.keys(seeds[0]?.models ?? {}).map((model) => [
    model,
    {
      before: meanOf(seeds, ({ models }) => models[model]?.[0]),
      after: meanOf(seeds, ({ models }) => models[model]?.[1]),
    },
  ]);
  return {
    bench: "gain",
    before,
    after,
    gain: round(100 * (after - before), 2),
    ood_before: meanOf(seeds, ({ others }) => others.long?.[0]),
    ood_after: meanOf(seeds, ({ others }) => others.long?.[1]),
    precision: meanOf(seeds, ({ precision }) => precision),
    raw: meanOf(seeds, ({ raw }) => raw),
    updates: Math.min(...seeds.map(({ updates }) => updates)),
    seconds: meanOf(seeds, ({ seconds }) => seconds),
    models: Object.fromEntries(models),
    seeds,
  };
};

const flags: Flags = new Command("gain")
  .option("--seeds <count>", "how many seeds", "3")
  .option("--first <seed>", "the first of them", "1")
  .option("--problems <count>", "held-out in-domain problems", "400")
  .option("-c, --config <file>", "YAML file with the runs' configuration")
  .option(
    "-s, --set <key=value>",
    "set one key (repeatable)",
    (value: string, all: string[]) => [...all, value],
    [],
  )
  .option("--keep <folder>", "keep the runs' journals in this folder")
  .parse()
  .opts();

const results: Seed[] = [];
for (let index = 0; index < Number(flags.seeds); index++) {
  results.push(await playSeed(Number(flags.first) + index, flags));
}
process.stdout.write(`${JSON.stringify(summary(results))}\n`);
