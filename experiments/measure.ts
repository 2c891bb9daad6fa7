/**
 * Measures models on held-out benchmarks after a run: base weights, every published version, every set.
 *
 * 1. A version is measured once per set: where a model has not changed, neither has its score.
 * 2. A model that cannot be measured throughout has no score at all, lest means before and after compare different
 *    groups; it is named with the cause.
 */

import type { Tools } from "../actors/agent.ts";
import { accuracyOf } from "../actors/anchor.ts";
import { asModel } from "../actors/roles/prompting.ts";
import { renderExamples } from "../actors/roles/solver.ts";
import { emptyHistory, foldHistory, topExemplars } from "../machines/historian.ts";
import { causeOf } from "../machines/task.ts";
import type { Exemplar, Message } from "../runtime/messages.ts";
import type { Problem, Task } from "../runtime/task.ts";
import { emptyLineage, foldLineage, type Point } from "./lineage.ts";
import { roleScores } from "./roles.ts";

/** Share of right answers at one sample per problem (pass@1), by model. */
export type Scores = Readonly<Record<string, number>>;

export interface CurvePoint extends Pick<Point, "generation" | "withdrawn"> {
  readonly scores: Scores;
}

export interface Measures {
  readonly problems: number;
  /** Zero-shot in-domain pass@1 of the base weights, after each generation and after each withdrawal. */
  readonly curve: readonly CurvePoint[];
  /** In-domain pass@1 with the final elite examples, base and final weights. */
  readonly eliteBefore: Scores;
  readonly eliteAfter: Scores;
  /** Zero-shot pass@1 on the other benchmarks, by name. */
  readonly others: Readonly<Record<string, { readonly before: Scores; readonly after: Scores }>>;
  /** Share of good replies in the roles beside solving, by figure; empty where the task knows none. */
  readonly roles: Readonly<Record<string, { readonly before: Scores; readonly after: Scores }>>;
  /** Why members have no scores, by name. */
  readonly unmeasured: Readonly<Record<string, string>>;
}

/** Who is measured, and by what. */
export interface Subjects {
  readonly tools: Tools;
  readonly task: Pick<Task, "benchmarks" | "benchmark" | "grade" | "roleCases">;
  /** The whole group, those that were absent in the end included. */
  readonly members: readonly string[];
}

export interface MeasureOptions {
  readonly problems: number;
  readonly seed: number;
  /** In-domain only, for quick looks. */
  readonly brief?: boolean;
}

export const meanScore = (scores: Scores): number => {
  const values = Object.values(scores);
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
};

/** What is measured of every model. */
interface Plan {
  readonly points: readonly Point[];
  readonly exemplars: readonly Exemplar[];
  readonly problems: readonly Problem[];
  readonly others: Readonly<Record<string, readonly Problem[]>>;
  /** Requests of each figure of the other roles. */
  readonly roleCases: number;
  readonly seed: number;
}

interface BeforeAfter {
  readonly before: number;
  readonly after: number;
}

/** One model's scores. */
interface Column {
  readonly curve: readonly number[];
  readonly elite: BeforeAfter;
  readonly others: Readonly<Record<string, BeforeAfter>>;
  readonly roles: Readonly<Record<string, BeforeAfter>>;
}

/** Asks one model with one of its versions. */
type Score = (problems: readonly Problem[], adapter: number, examples?: string) => Promise<number>;

const scoreOf =
  ({ tools, task }: Subjects, model: string, signal: AbortSignal): Score =>
  async (problems, adapter, examples = "") => {
    const asked = { model, adapter, examples };
    const { correct, total } = await accuracyOf(tools, { problems, grader: task }, asked, signal);
    return correct / Math.max(1, total);
  };

/** How good the base weights and the final ones are in the roles beside solving. */
const rolesOf = async (
  { tools, task }: Subjects,
  { roleCases: count, seed }: Plan,
  model: string,
  final: number,
  signal: AbortSignal,
): Promise<Column["roles"]> => {
  const asked = asModel(tools, model);
  const cases = count === 0 ? [] : (task.roleCases?.(asked.pack, count, seed) ?? []);
  const before = await roleScores(asked, cases, 0, signal);
  const after = final === 0 ? before : await roleScores(asked, cases, final, signal);
  const figures = Object.keys(before).map((figure) => [
    figure,
    { before: before[figure] ?? 0, after: after[figure] ?? 0 },
  ]);
  return Object.fromEntries(figures);
};

const columnOf = async (
  subjects: Subjects,
  plan: Plan,
  model: string,
  signal: AbortSignal,
): Promise<Column> => {
  const score = scoreOf(subjects, model, signal);
  const versions = plan.points.map((point) => point.versions[model] ?? 0);
  const final = versions.at(-1) ?? 0;
  const byVersion = new Map<number, number>();
  for (const version of new Set(versions)) byVersion.set(version, await score(plan.problems, version));
  const pair = async (problems: readonly Problem[], examples?: string): Promise<BeforeAfter> => {
    const before = await score(problems, 0, examples);
    return { before, after: final === 0 ? before : await score(problems, final, examples) };
  };
  const others: Record<string, BeforeAfter> = {};
  for (const [name, problems] of Object.entries(plan.others)) others[name] = await pair(problems);
  const examples = renderExamples(asModel(subjects.tools, model), plan.exemplars);
  const elite = await pair(plan.problems, examples);
  const roles = await rolesOf(subjects, plan, model, final, signal);
  return { roles, curve: versions.map((version) => byVersion.get(version) ?? 0), elite, others };
};

/** Once one call has failed for good, those under way are of no use. */
const measureModel = async (subjects: Subjects, plan: Plan, model: string): Promise<Column> => {
  const aborting = new AbortController();
  try {
    return await columnOf(subjects, plan, model, aborting.signal);
  } finally {
    aborting.abort();
  }
};

const planOf = (
  { tools, task }: Subjects,
  records: readonly Message[],
  points: readonly Point[],
  { problems: size, seed, brief = false }: MeasureOptions,
): Plan => {
  const [inDomain = "", ...rest] = task.benchmarks;
  const others = (brief ? [] : rest).map((name) => [name, task.benchmark(name, Math.ceil(size / 4), seed)]);
  return {
    points,
    exemplars: topExemplars(records.reduce(foldHistory, emptyHistory), tools.config),
    problems: task.benchmark(inDomain, size, seed),
    others: Object.fromEntries(others),
    roleCases: brief ? 0 : Math.ceil(size / 8),
    seed,
  };
};

export const measureRun = async (
  subjects: Subjects,
  records: readonly Message[],
  options: MeasureOptions,
): Promise<Measures> => {
  const { points } = records.reduce(foldLineage, emptyLineage);
  const plan = planOf(subjects, records, points, options);
  const columns = new Map<string, Column>();
  const unmeasured: Record<string, string> = {};
  const measure = async (model: string): Promise<void> => {
    try {
      columns.set(model, await measureModel(subjects, plan, model));
    } catch (error) {
      unmeasured[model] = causeOf(error);
    }
  };
  await Promise.all(subjects.members.map(measure));
  const scores = (pick: (column: Column) => number | undefined): Scores =>
    Object.fromEntries(
      subjects.members.flatMap((model) => {
        const column = columns.get(model);
        return column === undefined ? [] : [[model, pick(column) ?? 0]];
      }),
    );
  const table = (names: readonly string[], pick: (column: Column) => Column["others"]) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        { before: scores((one) => pick(one)[name]?.before), after: scores((one) => pick(one)[name]?.after) },
      ]),
    );
  const figures = new Set([...columns.values()].flatMap(({ roles }) => Object.keys(roles)));
  return {
    problems: plan.problems.length,
    curve: points.map(({ versions: _, ...point }, index) => ({
      ...point,
      scores: scores(({ curve }) => curve[index]),
    })),
    eliteBefore: scores(({ elite }) => elite.before),
    eliteAfter: scores(({ elite }) => elite.after),
    others: table(Object.keys(plan.others), ({ others }) => others),
    roles: table([...figures], ({ roles }) => roles),
    unmeasured,
  };
};
