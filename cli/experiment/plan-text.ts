/** What an experiment is about to do, before it starts: arms, runs, cost and time. */

import type { Pace } from "../../experiments/arms/estimate.ts";
import { budgetText, type Experiment, type PlannedRun } from "../../experiments/arms/experiment.ts";
import { type RunState, stateOf } from "../../experiments/arms/run-state.ts";
import { counted } from "../../machines/counted.ts";
import { amount, duration } from "../terminal/pace.ts";

export interface Plan {
  readonly experiment: Experiment;
  readonly states: ReadonlyMap<PlannedRun, RunState>;
  readonly pace: Pace | undefined;
  readonly parallel: number;
}

export const statesOf = (experiment: Experiment): Plan["states"] =>
  new Map(experiment.runs.map((run) => [run, stateOf(experiment, run)]));

const count = ({ states }: Plan, state: RunState["state"]): number =>
  [...states.values()].filter((one) => one.state === state).length;

/** Runs that are still to be played, wholly or in part. */
const openRuns = (plan: Plan): number => plan.states.size - count(plan, "finished");

const costOf = (
  plan: Plan,
): { readonly tokens: number | undefined; readonly seconds: number | undefined } => {
  const { experiment, pace, parallel } = plan;
  const open = openRuns(plan);
  const each = pace?.tokens ?? ("tokens" in experiment.budget ? experiment.budget.tokens : undefined);
  return {
    tokens: each === undefined ? undefined : each * open,
    seconds: pace === undefined ? undefined : (pace.seconds * open) / Math.max(1, Math.min(parallel, open)),
  };
};

/** Plain JSON. */
export const planFacts = (plan: Plan) => {
  const { experiment, states, pace, parallel } = plan;
  const { name, file, folder, seeds, budget, problems, reference, arms, tasks } = experiment;
  return {
    ...{ name, file, folder, seeds, budget, problems, reference, parallel },
    arms: arms.map((arm) => ({ name: arm.name, keys: arm.keys })),
    tasks: tasks.map((task) => ({ name: task.name, keys: task.keys })),
    runs: [...states].map(([{ arm, task, seed, config }, { state }]) => ({
      run: config.run,
      arm,
      task,
      seed,
      state,
    })),
    estimate: { ...costOf(plan), perRun: pace },
  };
};

const keysText = (keys: Readonly<Record<string, unknown>>): string =>
  Object.entries(keys)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join(", ");

const timeLine = (plan: Plan): string => {
  const { pace, parallel } = plan;
  const { tokens, seconds } = costOf(plan);
  const at = `${parallel} at a time`;
  if (pace === undefined || tokens === undefined || seconds === undefined) {
    const cost = tokens === undefined ? "not known" : `at least ${amount(tokens)} tokens`;
    return `Cost: ${cost}. Time: not known until a run has finished, ${at}.`;
  }
  const each = `${duration(pace.seconds)} and ${amount(Math.round(pace.tokens))} tokens a run`;
  return `Cost: about ${amount(tokens)} tokens. Time: about ${duration(seconds)}, ${at} (${each}, from ${pace.source}).`;
};

export const planText = (plan: Plan): string => {
  const { experiment } = plan;
  const { arms, tasks, seeds, runs, budget, folder, name } = experiment;
  const width = Math.max(...arms.map((arm) => arm.name.length));
  const sizes = [counted(arms.length, "arm"), ...(tasks.length > 1 ? [counted(tasks.length, "task")] : [])];
  const states = (["finished", "begun", "failed"] as const).flatMap((state) =>
    count(plan, state) > 0 ? [`${count(plan, state)} ${state}`] : [],
  );
  return [
    `Experiment ${name}: ${sizes.join(" × ")} × ${counted(seeds.length, "seed")} = ${counted(runs.length, "run")} of ${budgetText(budget)} each${states.length === 0 ? "" : ` (${states.join(", ")})`}`,
    ...arms.map((arm) => `  ${arm.name.padEnd(width)}  ${keysText(arm.keys) || "the base"}`.slice(0, 200)),
    ...(tasks.length > 1
      ? tasks.map((task) => `  task ${task.name}  ${keysText(task.keys) || "the base"}`)
      : []),
    `Seeds ${seeds.join(", ")}; ${experiment.problems} held-out problems; folder ${folder}`,
    timeLine(plan),
  ].join("\n");
};
