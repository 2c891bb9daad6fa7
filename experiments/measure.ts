/**
 * Measures models on held-out benchmarks after a run: base weights, every published version, every set.
 *
 * 1. A version is measured once per set, also across resumes. A model that has not changed keeps its score.
 * 2. A model that cannot be measured completely has no score, because means before and after must cover the same
 *    group. It is reported with the cause.
 * 3. An aborted measurement has no result; the answers until then stay in the journal.
 */

import type { Tools } from "../actors/agent.ts";
import { answersOf } from "../actors/anchor.ts";
import { asModel, renderExamples } from "../actors/roles/prompting.ts";

import { emptyHistory, foldHistory, topExemplars } from "../machines/historian.ts";
import { causeOf } from "../machines/work-order.ts";
import type { Exemplar, Message } from "../runtime/messages.ts";
import type { Problem, Task } from "../runtime/task.ts";
import { emptyLineage, foldLineage, type Point } from "./lineage.ts";
import type { Measures, Scores } from "./measures.ts";
import { fingerprint, type Keep, type Measurable, Readings, rightShare } from "./readings.ts";
import { roleAnswers } from "./roles.ts";

/** The measured members, and the task. */
export interface Subjects {
  readonly tools: Tools;
  readonly task: Pick<Task, "benchmarks" | "benchmark" | "samples" | "grade" | "answer" | "roleCases">;
  /** The whole group, including absent members. */
  readonly members: readonly string[];
}

export interface MeasureOptions {
  readonly problems: number;
  readonly seed: number;
  /** In-domain only, for quick checks. */
  readonly brief?: boolean;
  readonly signal?: AbortSignal;
  /** Default: nothing is kept. */
  readonly keep?: Keep;
}

interface ProblemSet {
  readonly name: string;
  /** Requested number of problems. */
  readonly size: number;
  readonly problems: readonly Problem[];
  /** Answers per problem. */
  readonly samples: number;
}

/** What is measured for every model. */
interface Plan {
  readonly points: readonly Point[];
  readonly exemplars: readonly Exemplar[];
  readonly inDomain: ProblemSet;
  readonly others: readonly ProblemSet[];
  /** Number of requests per figure of the other roles. */
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
  /** Undefined where the history is empty. */
  readonly elite: BeforeAfter | undefined;
  readonly others: Readonly<Record<string, BeforeAfter>>;
  readonly roles: Readonly<Record<string, BeforeAfter>>;
}

/** The measurement of one model. */
interface Examinee {
  readonly subjects: Subjects;
  readonly plan: Plan;
  readonly model: string;
  readonly readings: Readings;
  readonly signal: AbortSignal;
}

/** The share of a set that one version solves. */
const scoreOf = async (
  { subjects: { tools, task }, plan: { seed }, model, readings, signal }: Examinee,
  { name: set, size, problems, samples }: ProblemSet,
  adapter: number,
  examples = "",
): Promise<number> => {
  const shown = fingerprint(examples);
  const kind = shown === undefined ? "zero-shot" : "elite-shot";
  const several = samples === 1 ? {} : { samples };
  const what: Measurable = { model, adapter, kind, set, size, ...several, seed, examples: shown };
  const ids = problems.flatMap(({ id }) => Array<string>(samples).fill(id));
  const exam = { problems, samples, grader: task };
  return rightShare(
    await readings.take(what, ids, (progress) =>
      answersOf(tools, exam, { model, adapter, examples }, signal, progress),
    ),
  );
};

/** Before and after the run; a model that has not changed is measured once. */
const pairOf = async (final: number, score: (adapter: number) => Promise<number>): Promise<BeforeAfter> => {
  const before = await score(0);
  return { before, after: final === 0 ? before : await score(final) };
};

/** Scores of the base weights and the final ones in the other roles. */
const rolesOf = async (examinee: Examinee, final: number): Promise<Column["roles"]> => {
  const { subjects, plan, model, readings, signal } = examinee;
  const { roleCases: size, seed } = plan;
  const asked = asModel(subjects.tools, model);
  const cases = size === 0 ? [] : (subjects.task.roleCases?.(asked.pack, size, seed) ?? []);
  const roles: Record<string, BeforeAfter> = {};
  for (const figure of new Set(cases.map((one) => one.figure))) {
    const ids = cases.flatMap((one, index) => (one.figure === figure ? [`role:${figure}:${index}`] : []));
    roles[figure] = await pairOf(final, async (adapter) => {
      const what: Measurable = { model, adapter, kind: "role", set: figure, size, seed };
      return rightShare(
        await readings.take(what, ids, () => roleAnswers(asked, cases, figure, adapter, signal)),
      );
    });
  }
  return roles;
};

const columnOf = async (examinee: Examinee): Promise<Column> => {
  const { subjects, plan, model } = examinee;
  const versions = plan.points.map((point) => point.versions[model] ?? 0);
  const final = versions.at(-1) ?? 0;
  const byVersion = new Map<number, number>();
  for (const version of new Set(versions))
    byVersion.set(version, await scoreOf(examinee, plan.inDomain, version));
  const others: Record<string, BeforeAfter> = {};
  for (const set of plan.others)
    others[set.name] = await pairOf(final, (adapter) => scoreOf(examinee, set, adapter));
  const examples = renderExamples(asModel(subjects.tools, model), plan.exemplars);
  const withExamples = (adapter: number) => scoreOf(examinee, plan.inDomain, adapter, examples);
  const elite = examples === "" ? undefined : await pairOf(final, withExamples);
  const roles = await rolesOf(examinee, final);
  return { roles, curve: versions.map((version) => byVersion.get(version) ?? 0), elite, others };
};

/** After a call has failed, the running ones are aborted. */
const measureModel = async (examinee: Examinee): Promise<Column> => {
  const aborting = new AbortController();
  const signal = AbortSignal.any([examinee.signal, aborting.signal]);
  try {
    return await columnOf({ ...examinee, signal });
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
  const setOf = (name: string, count: number): ProblemSet => ({
    ...{ name, size: count, problems: task.benchmark(name, count, seed), samples: task.samples?.(name) ?? 1 },
  });
  return {
    points,
    exemplars: topExemplars(records.reduce(foldHistory, emptyHistory), tools.config),
    inDomain: setOf(inDomain, size),
    others: brief ? [] : rest.map((name) => setOf(name, Math.ceil(size / 4))),
    roleCases: brief ? 0 : Math.ceil(size / 8),
    seed,
  };
};

/** The number of answers that measuring one model takes, those included that an earlier measuring has kept. */
const answersOfModel = (
  subjects: Subjects,
  { points, exemplars, inDomain, others, roleCases, seed }: Plan,
) => {
  const sizeOf = ({ problems, samples }: ProblemSet): number => problems.length * samples;
  return (model: string): number => {
    const versions = new Set(points.map((point) => point.versions[model] ?? 0));
    const twice = (points.at(-1)?.versions[model] ?? 0) === 0 ? 1 : 2;
    const asked = asModel(subjects.tools, model);
    const cases = roleCases === 0 ? [] : (subjects.task.roleCases?.(asked.pack, roleCases, seed) ?? []);
    const elite = exemplars.length === 0 ? 0 : sizeOf(inDomain);
    const pairs = others.reduce((sum, set) => sum + sizeOf(set), cases.length + elite);
    return versions.size * sizeOf(inDomain) + twice * pairs;
  };
};

/** @throws the signal's reason once it is aborted. */
export const measureRun = async (
  subjects: Subjects,
  records: readonly Message[],
  options: MeasureOptions,
): Promise<Measures> => {
  const { keep = () => {}, signal = new AbortController().signal } = options;
  const { points } = records.reduce(foldLineage, emptyLineage);
  const plan = planOf(subjects, records, points, options);
  const counts = subjects.members.map(answersOfModel(subjects, plan));
  keep({ type: "measure.planned", answers: counts.reduce((sum, count) => sum + count, 0) });
  const readings = new Readings(records, keep);
  const columns = new Map<string, Column>();
  const unmeasured: Record<string, string> = {};
  const measure = async (model: string): Promise<void> => {
    try {
      columns.set(model, await measureModel({ subjects, plan, model, readings, signal }));
    } catch (error) {
      unmeasured[model] = causeOf(error);
    }
  };
  await Promise.all(subjects.members.map(measure));
  signal.throwIfAborted();
  const scores = (pick: (column: Column) => number | undefined): Scores =>
    Object.fromEntries(
      subjects.members.flatMap((model) => {
        const column = columns.get(model);
        const score = column === undefined ? undefined : pick(column);
        return score === undefined ? [] : [[model, score]];
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
    problems: plan.inDomain.problems.length,
    curve: points.map(({ versions: _, ...point }, index) => ({
      ...point,
      scores: scores(({ curve }) => curve[index]),
    })),
    eliteBefore: scores(({ elite }) => elite?.before),
    eliteAfter: scores(({ elite }) => elite?.after),
    others: table(
      plan.others.map(({ name }) => name),
      ({ others }) => others,
    ),
    roles: table([...figures], ({ roles }) => roles),
    unmeasured,
  };
};
