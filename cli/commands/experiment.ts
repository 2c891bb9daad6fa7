/** `agora experiment`: plays the arms of an experiment with equal budgets, and goes on where it stopped. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { paceFor } from "../../experiments/arms/estimate.ts";
import type { Budget, Experiment, PlannedRun } from "../../experiments/arms/experiment.ts";
import { loadExperiment } from "../../experiments/arms/experiment-file.ts";
import { checkUnchanged, keepExperiment, keepFailure, stateOf } from "../../experiments/arms/run-state.ts";
import { playAll, type RunEnding } from "../../experiments/arms/schedule.ts";
import { commandFor, program } from "../../experiments/result.ts";
import { counted } from "../../machines/counted.ts";
import type { Config } from "../../runtime/config/config.ts";
import { valueIn } from "../../runtime/config/config-file.ts";
import { journalFile } from "../../runtime/journal/journal-reader.ts";
import { RunLock } from "../../runtime/journal/run-lock.ts";
import { quoted } from "../../runtime/shell-word.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { ExperimentProgress } from "../experiment/experiment-progress.ts";
import { type Plan, planFacts, planText, statesOf } from "../experiment/plan-text.ts";
import { isOpen, startRunProcess } from "../experiment/run-process.ts";
import { Watchdog } from "../servers/watchdog.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { Output, type OutputFlags } from "../terminal/output.ts";
import { preflight } from "../terminal/preflight.ts";

export interface ExperimentFlags extends OutputFlags {
  readonly config?: string;
  readonly set: readonly string[];
  readonly arm: readonly string[];
  readonly seeds?: string;
  readonly budget?: string;
  readonly problems?: string;
  readonly name?: string;
  readonly runs: string;
  readonly parallel?: string;
  readonly dryRun?: boolean;
  readonly preflight: boolean;
}

/** Ready experiments, by name. */
const ready = fileURLToPath(new URL("../../experiments/ready/", import.meta.url));

/** @throws UsageError */
const fileOf = (experiment: string): string => {
  const known = join(ready, `${experiment}.yaml`);
  if (existsSync(experiment)) return experiment;
  if (existsSync(known)) return known;
  throw new UsageError(`there is no experiment "${experiment}"`, {
    expected: "the path of a YAML file, or one of main, ablation, heterogeneity, isolation, dynamics",
    fix: "correct the name (docs/experiments.md)",
  });
};

const wholeNumber = (flag: string, value: string, least: number): number => {
  const number = Number(value);
  if (value !== "" && Number.isInteger(number) && number >= least) return number;
  throw new UsageError(`--${flag} is ${value}`, { expected: `a whole number from ${least} on` });
};

const pairOf = (flag: string, text: string): [string, string] => {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1)];
  throw new UsageError(`--${flag} ${text} has no value`, { expected: `--${flag} name=value` });
};

const settingOf = (text: string): [string, unknown] => {
  const [key, value] = pairOf("set", text);
  return [key, valueIn(`--set ${text}`, value)];
};

/** `name=path`, or a path whose file gives the arm its name. */
const armOf = (text: string): [string, string] =>
  text.includes("=") ? pairOf("arm", text) : [basename(text, extname(text)), text];

const budgetOf = (text: string): Budget => {
  const [kind, value] = pairOf("budget", text);
  const count = wholeNumber("budget", value, 1);
  if (kind === "tokens") return { tokens: count };
  if (kind === "rounds") return { rounds: count };
  throw new UsageError(`--budget ${text}`, { expected: "tokens=<count> or rounds=<count>" });
};

/** @throws UsageError, ConfigError */
const experimentOf = (given: string, flags: ExperimentFlags): Experiment =>
  loadExperiment({
    file: fileOf(given),
    runsFolder: flags.runs,
    base: flags.config,
    keys: Object.fromEntries(flags.set.map(settingOf)),
    arms: Object.fromEntries(flags.arm.map(armOf)),
    name: flags.name,
    ...(flags.seeds === undefined
      ? {}
      : { seeds: flags.seeds.split(",").map((seed) => wholeNumber("seeds", seed.trim(), 0)) }),
    ...(flags.budget === undefined ? {} : { budget: budgetOf(flags.budget) }),
    ...(flags.problems === undefined ? {} : { problems: wholeNumber("problems", flags.problems, 0) }),
  });

const isPocket = ({ models }: Config): boolean => models.every(({ endpoint }) => endpoint === "pocket");

/** A GPU that serves and trains in turns, or a server's adapter slots, are not shared by several runs. */
const sharesServers = ({ models, lora }: Config): boolean =>
  models.some(({ endpoint, sharesSlots }) => sharesSlots.length > 0 || (lora && endpoint !== "pocket"));

/**
 * An embedded model computes in a thread of its own. At other endpoints two runs at once keep the servers busy, and runs
 * that train follow one another.
 */
const parallelFor = ({ runs }: Experiment, flags: ExperimentFlags): number => {
  const configs = runs.map(({ config }) => config);
  const shares = configs.some((config) => config.models.some(({ sharesSlots }) => sharesSlots.length > 0));
  if (flags.parallel !== undefined) {
    const asked = wholeNumber("parallel", flags.parallel, 1);
    if (asked === 1 || !shares) return asked;
    throw new UsageError(`--parallel is ${asked}, but models sleep while a job trains (sharesSlots)`, {
      expected: "1: the runs would put each other's models to sleep",
    });
  }
  if (configs.some(sharesServers)) return 1;
  const threads = Math.max(...configs.filter(isPocket).map(({ models }) => models.length), 1);
  return configs.every(isPocket) ? Math.max(1, Math.floor(availableParallelism() / threads)) : 2;
};

/** One run of each arm and task stands for all its seeds. @throws PreflightError */
const checkArms = async ({ runs, seeds }: Experiment): Promise<void> => {
  for (const { config, seed } of runs) if (seed === seeds[0]) await preflight(config);
};

/** The page of all runs would show the run, and none of the experiment's. @throws UsageError */
const assertNoRun = ({ folder }: Experiment): void => {
  if (!existsSync(journalFile(folder))) return;
  throw new UsageError(`${folder} holds a run`, { fix: "give the experiment another name with --name" });
};

type Endings = ReadonlyMap<PlannedRun, RunEnding>;

const play = async (plan: Plan, output: Output): Promise<Endings> => {
  const { experiment, parallel, pace, states } = plan;
  const open = experiment.runs.filter((run) => isOpen(experiment, run));
  const finished = experiment.runs.length - open.length;
  const secondsPerRun = pace?.seconds;
  const watchdog = new Watchdog();
  const progress = new ExperimentProgress({
    experiment,
    stream: output.progress,
    finished,
    secondsPerRun,
    parallel,
  });
  const interrupt = onInterrupt(() => progress.print("Stopping all runs; what they have done is kept …"));
  const endings = new Map<PlannedRun, RunEnding>();
  try {
    await playAll({
      ...{ runs: open, parallel, signal: interrupt.signal },
      start: (run) => {
        progress.start(run, states.get(run)?.state !== "new");
        return startRunProcess(experiment, run, watchdog);
      },
      onEnd: (run, ending) => {
        if (ending.ending === "failed")
          keepFailure(experiment, run, { reason: ending.reason, exit: ending.exit, at: Date.now() });
        endings.set(run, ending);
        progress.end(run, ending);
      },
    });
    return endings;
  } finally {
    progress.close();
    watchdog.close();
    interrupt.release();
  }
};

const failuresOf = (experiment: Experiment): { readonly run: string; readonly reason: string }[] =>
  experiment.runs.flatMap((run) => {
    const state = stateOf(experiment, run);
    return state.state === "failed" ? [{ run: run.config.run, reason: state.failure.reason }] : [];
  });

const endText = (experiment: Experiment, again: string): string => {
  const { runs } = experiment;
  const open = runs.filter((run) => isOpen(experiment, run));
  const failures = failuresOf(experiment);
  const report = commandFor("report", { run: experiment.name, folder: experiment.folder });
  return [
    "",
    `Experiment ${experiment.name}: ${runs.length - open.length} of ${counted(runs.length, "run")} finished${failures.length === 0 ? "" : `, ${failures.length} failed`}.`,
    ...failures.map(({ run, reason }) => `  ${run} failed: ${reason}`),
    ...(open.length === 0 ? [] : [`Continue with: ${again}`]),
    `Report: ${report}`,
  ].join("\n");
};

/** The command line that was given: the same one continues the experiment. */
const againText = (): string => [program, ...process.argv.slice(2).map(quoted)].join(" ");

const codeOf = (experiment: Experiment, endings: Endings): number => {
  if ([...endings.values()].some(({ ending }) => ending === "failed")) return EXIT.failed;
  return experiment.runs.some((run) => isOpen(experiment, run)) ? EXIT.interrupted : EXIT.done;
};

export const experiment = async (given: string, flags: ExperimentFlags): Promise<void> => {
  const output = new Output(flags);
  const planned = experimentOf(given, flags);
  assertNoRun(planned);
  const { checkAgentTypes } = await import("../../experiments/arms/agent-types.ts");
  await checkAgentTypes(planned);
  checkUnchanged(planned);
  const parallel = parallelFor(planned, flags);
  const states = statesOf(planned);
  const results = [...states.values()].flatMap((state) => (state.state === "finished" ? [state.result] : []));
  const plan: Plan = { experiment: planned, states, parallel, pace: paceFor(planned, results, flags.runs) };
  if (flags.dryRun) {
    output.show(planFacts(plan), () => planText(plan));
    return;
  }
  output.say(planText(plan));
  if (flags.preflight) await checkArms(planned);
  keepExperiment(planned);
  // Another process that plays the same experiment would find its runs locked, and take them for failed.
  const lock = RunLock.acquire(planned.folder);
  const endings = await play(plan, output).finally(() => lock.release());
  const facts = () => ({
    ...planFacts({ ...plan, states: statesOf(planned) }),
    failures: failuresOf(planned),
  });
  output.show(output.isJson ? facts() : undefined, () => endText(planned, againText()));
  process.exitCode = codeOf(planned, endings);
};
